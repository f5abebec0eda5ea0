"""Reads embeddings that any tool has written: arrays of numpy, and tables of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError, unknown
from embedbench.files.accepted import refuse_non_finite, refuse_rounded
from embedbench.files.labels import as_column, labels_of_cells, plain_labels
from embedbench.files.names import name_of
from embedbench.files.numpy_files import read_arrays
from embedbench.files.tables.cells import missing
from embedbench.types import SPLITS

if TYPE_CHECKING:
    import pandas as pd

_RESERVED = ("label", "split")
_TABLES = (".csv", ".parquet", ".tsv", ".pq", ".jsonl", ".ndjson", ".arrow", ".feather")


class Vectors(NamedTuple):
    """What a file of embeddings holds.

    Attributes:
        z: Embedding, float ``(rows, dim)``.
        label: Class names or numbers, a real target, or none, as they stand in the file; ``(rows,)``.
        split: "train", "val" or "test", or none, ``(rows,)``.
        notes: What was left out or read otherwise than it is written, one sentence each.
    """

    z: NDArray[Any]
    label: NDArray[Any] | None
    split: NDArray[np.str_] | None
    notes: tuple[str, ...] = ()


def read_vectors(path: Path, labels: Path | None = None) -> Vectors:
    """The embedding in a file, with labels and splits if it has any.

    - ``.npz``: arrays ``z``, optionally ``label`` and ``split``.
    - ``.npy``: an array, which stays in the file until it is used; labels from the file ``labels``, else from
      ``<stem>_labels.npy`` or ``<stem>.labels.npy`` beside it.
    - ``.csv`` and ``.tsv`` (with a header line), ``.parquet``, ``.pq``, ``.jsonl``, ``.ndjson``, ``.arrow`` and
      ``.feather``: optional columns ``label`` and ``split``; each other column is a dimension, but for row numbers in
      a column ``index`` and whatever is in a column ``id``.

    Text, integers, booleans and dates are class labels, floats a real target.

    Raises:
        UsageError: If the file is missing, of another kind or unreadable, if a column isn't numeric, if numbers are NaN
            or infinite or labels are missing, if lengths differ or if a split has another name.
    """
    ending = path.suffix.lower()
    if path.exists() and ending not in (".npz", ".npy", *_TABLES):
        known = ", ".join((".npz", ".npy", *_TABLES))
        raise UsageError(f"{path} must end in one of {known}; save the vectors as one of these.")
    if not path.is_file():
        raise UsageError(f"there is no file {path}; give the path of an existing one.")
    vectors = _table(path) if ending in _TABLES else _npz(path) if ending == ".npz" else _npy(path, labels)
    if vectors.z.ndim != 2:
        raise UsageError(f"{path} must hold vectors of shape (rows, dim), got shape {vectors.z.shape}.")
    for name in _RESERVED:
        column = getattr(vectors, name)
        if column is not None and column.shape != vectors.z.shape[:1]:
            raise UsageError(f"{path} has {len(vectors.z)} vectors but {name} of shape {column.shape}; give one each.")
    for split in np.unique(vectors.split) if vectors.split is not None else ():
        if split not in SPLITS:
            raise unknown(f"split in {path}", str(split), SPLITS)
    return vectors


def _npz(path: Path) -> Vectors:
    arrays = read_arrays(path, "", wanted=("z", *_RESERVED))
    if "" in arrays:
        raise _misnamed(path)
    if "z" not in arrays:
        others = ", ".join(read_arrays(path)) or "nothing"
        raise UsageError(f"{path} has no array 'z', only {others}; save the vectors as 'z'.")
    split, label = arrays.get("split"), arrays.get("label")
    words = split if split is None or split.ndim != 1 else _words(as_column(split), f"'split' of {path}")
    return Vectors(_numbers(path, arrays["z"]), _label(path, label), words)


def _npy(path: Path, labels: Path | None) -> Vectors:
    beside = [path.with_name(f"{path.stem}{ending}.npy") for ending in ("_labels", ".labels")]
    given = [labels] if labels else [file for file in beside if file.is_file()]
    label = _label(given[0], _array(given[0])) if given else None
    return Vectors(_numbers(path, _array(path)), label, None)


def _array(path: Path) -> NDArray[Any]:
    """The array of an .npy file."""
    arrays = read_arrays(path, "", mapped=True)
    if "" not in arrays:
        raise _misnamed(path)
    return arrays[""]


def _misnamed(path: Path) -> UsageError:
    return UsageError(f"{path} isn't what its name says; save one array as .npy, several as .npz.")


def _label(path: Path, label: NDArray[Any] | None) -> NDArray[Any] | None:
    return label if label is None or label.ndim != 1 else plain_labels(as_column(label), f"'label' of {path}")


def _numbers(path: Path, z: NDArray[Any]) -> NDArray[Any]:
    if z.dtype.kind not in "fiub":
        raise UsageError(f"{path} must hold numbers, got {z.dtype}; save the vectors as float32.")
    if z.ndim == 2:
        refuse_non_finite(str(path), z, range(z.shape[1]))
    return z


def _table(path: Path) -> Vectors:
    """The columns of a table, of which a row index is no dimension."""
    from embedbench.files.tables.header import is_row_index
    from embedbench.files.tables.table_file import read_table

    table, said, comma_is_decimal = read_table(path, (*_RESERVED, "id"))
    dimensions = [name for name in table.columns if name not in (*_RESERVED, "id")]
    _refuse_headerless(path, dimensions, said)
    dimensions = [name for name in dimensions if name != "index" or not is_row_index("", table[name])]
    for name in dimensions:
        if table[name].dtype.kind not in "fiub":
            first = table[name].iloc[0] if len(table) else None
            raise UsageError(f"column {name!r} of {path} isn't numeric (it starts with {first!r}); drop or encode it.")
        if table[name].dtype.kind in "iu":  # perhaps with gaps, which are refused further down
            whole = table[name].dropna().to_numpy({"i": np.int64, "u": np.uint64}[table[name].dtype.kind])
            refuse_rounded(f"column {name!r} of {path}", whole)
    if not dimensions or table.empty:
        raise UsageError(f"{path} has no numeric column or no row; give one column for each dimension.")
    z = np.stack([table[name].to_numpy(np.float64, na_value=np.nan) for name in dimensions], 1)
    refuse_non_finite(str(path), z, dimensions)
    label = None
    if "label" in table:
        what = f"column 'label' of {path}"
        label = labels_of_cells(table["label"], what, comma_is_decimal=comma_is_decimal)
    split = _words(table["split"], f"column 'split' of {path}") if "split" in table else None
    return Vectors(z, label, split, said)


def _refuse_headerless(path: Path, dimensions: list[str], said: tuple[str, ...]) -> None:
    """A first line of numbers would be taken for names, and a saved row index for a dimension."""
    if any(name.startswith("Unnamed: ") for name in dimensions) or any("'Unnamed: " in note for note in said):
        raise UsageError(f"{path} has a column without a name, such as a saved row index; name or drop it.")
    numbered = dimensions == [str(i) for i in range(len(dimensions))]
    if dimensions and not numbered and all(_is_number(name) for name in dimensions):
        raise UsageError(f"the first line of {path} holds numbers, not column names; add a header line.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _words(column: pd.Series[Any], what: str) -> NDArray[np.str_]:
    """A column as text."""
    gone = int(missing(column).sum())
    if gone:
        raise UsageError(f"{what} holds {gone} missing values; drop those rows or fill them in.")
    return np.array([name_of(value) for value in column], np.str_)
