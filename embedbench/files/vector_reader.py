"""Reads embeddings that any tool has written: arrays of numpy, and tables of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError, unknown
from embedbench.files.accepted import refuse_non_finite, refuse_rounded
from embedbench.files.label_sets import cells_of_sets, holds_lists, indicated
from embedbench.files.labels import as_column, labels_of_cells, plain_labels
from embedbench.files.names import name_of, split_name
from embedbench.files.numpy_files import read_arrays
from embedbench.files.tables.cells import missing
from embedbench.types import SPLITS

if TYPE_CHECKING:
    import pandas as pd

_RESERVED = {"label": "label", "split": "split", "id": "ids"}
_TABLES = (".csv", ".parquet", ".tsv", ".pq", ".jsonl", ".ndjson", ".arrow", ".feather")


class Vectors(NamedTuple):
    """What a file of embeddings holds.

    Attributes:
        z: Embedding, float ``(rows, dim)``.
        label: Class names or numbers, a real target, or none, as they stand in the file; of several labels a row tuples
            of their names (of type object); ``(rows,)``.
        split: "train", "val" or "test" of each row, or none, ``(rows,)``.
        notes: What was left out or read otherwise than it is written, one sentence each.
        ids: Names of the rows, each once, or none, ``(rows,)``; none too where the file's repeat or have gaps.
    """

    z: NDArray[Any]
    label: NDArray[Any] | None
    split: NDArray[np.str_] | None
    notes: tuple[str, ...] = ()
    ids: NDArray[np.str_] | None = None

    def taken(self, rows: NDArray[np.int64]) -> Vectors:
        """These rows, in this order."""
        label, split, ids = (None if one is None else one[rows] for one in (self.label, self.split, self.ids))
        return Vectors(self.z[rows], label, split, self.notes, ids)


def read_vectors(path: Path, labels: Path | None = None) -> Vectors:
    """The embedding in a file, with labels and splits if it has any.

    - ``.npz``: arrays ``z``, optionally ``label``, ``split`` and ``id``.
    - ``.npy``: an array, which stays in the file until it is used; labels from the file ``labels``, else from
      ``<stem>_labels.npy`` or ``<stem>.labels.npy`` beside it.
    - ``.csv`` and ``.tsv`` (with a header line), ``.parquet``, ``.pq``, ``.jsonl``, ``.ndjson``, ``.arrow`` and
      ``.feather``: optional columns ``label``, ``split`` and ``id``; each other column is a dimension, but for row
      numbers in a column ``index``. A column whose cells are lists of numbers is all dimensions; others beside it are
      left out, and named.

    Text, integers, booleans and dates are class labels, floats a real target; lists of names, and in arrays 0 and 1
    with a column for each label, several labels a row.

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
    for name, field in _RESERVED.items():
        column = getattr(vectors, field)
        if column is not None and column.shape != vectors.z.shape[:1]:
            raise UsageError(f"{path} has {len(vectors.z)} vectors but {name} of shape {column.shape}; give one each.")
    for split in np.unique(vectors.split) if vectors.split is not None else ():
        if split not in SPLITS:
            raise unknown(f"split in {path}", str(split), SPLITS)
    return vectors


def _named(column: pd.Series[Any], what: str) -> tuple[NDArray[np.str_] | None, tuple[str, ...]]:
    """Ids that name rows, or none and why: of visits, say, ids are those of patients."""
    if missing(column).any():
        return None, (f"{what} names no rows: {int(missing(column).sum())} have none",)
    ids = _words(column, what)
    names, counts = np.unique(ids, return_counts=True)
    if len(names) == len(ids):
        return ids, ()
    return None, (f"{what} names no rows: {str(names[counts.argmax()])!r} is in {counts.max()} of them",)


def _npz(path: Path) -> Vectors:
    arrays = read_arrays(path, "", wanted=("z", *_RESERVED))
    if "" in arrays:
        raise _misnamed(path)
    if "z" not in arrays:
        others = ", ".join(read_arrays(path)) or "nothing"
        raise UsageError(f"{path} has no array 'z', only {others}; save the vectors as 'z'.")
    split, ids = arrays.get("split"), arrays.get("id")
    said: tuple[str, ...] = ()
    if split is not None and split.ndim == 1:
        split = _splits(as_column(split), f"'split' of {path}")
    if ids is not None and ids.shape == arrays["z"].shape[:1]:
        ids, said = _named(as_column(ids), f"'id' of {path}")
    return Vectors(_numbers(path, arrays["z"]), _label(path, arrays.get("label")), split, said, ids)


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
    what = f"'label' of {path}"
    if label is None or label.ndim > 2:
        return label
    return indicated(label, what) if label.ndim == 2 else plain_labels(as_column(label), what)


def _numbers(path: Path, z: NDArray[Any]) -> NDArray[Any]:
    if z.dtype.kind not in "fiub":
        raise UsageError(f"{path} must hold numbers, got {z.dtype}; save the vectors as float32.")
    if z.ndim == 2:
        refuse_non_finite(str(path), z, range(z.shape[1]))
    return z


def _table(path: Path) -> Vectors:
    """The columns of a table, of which a row index is no dimension."""
    from embedbench.files.tables.table_file import read_table
    from embedbench.files.tables.vector_column import vector_columns, vectors_of

    table, said, comma_is_decimal = read_table(path, _RESERVED)
    dimensions = [name for name in table.columns if name not in _RESERVED]
    if table.empty or not dimensions:
        raise UsageError(f"{path} has no numeric column or no row; give one column for each dimension.")
    listed = vector_columns(table[dimensions])
    if len(listed) > 1:
        raise UsageError(f"{path} has {len(listed)} columns of vectors, {', '.join(listed)}; keep one of them.")
    if listed:
        z = vectors_of(path, listed[0], table[listed[0]])
        refuse_non_finite(str(path), z, range(z.shape[1]))
        others = [name for name in dimensions if name != listed[0]]
        said = (*said, f"the vectors are column {listed[0]!r}; left out: {', '.join(others)}") if others else said
    else:
        z = _columns(path, table, dimensions, said)
    label = None
    if "label" in table:
        what = f"column 'label' of {path}"
        cells = table["label"]
        if holds_lists(cells):
            label = cells_of_sets(cells, what)
        else:
            label = labels_of_cells(cells, what, comma_is_decimal=comma_is_decimal)
    split = _splits(table["split"], f"column 'split' of {path}") if "split" in table else None
    ids, told = _named(table["id"], f"column 'id' of {path}") if "id" in table else (None, ())
    return Vectors(z, label, split, (*said, *told), ids)


def _columns(path: Path, table: pd.DataFrame, dimensions: list[str], said: tuple[str, ...]) -> NDArray[np.float64]:
    """The vectors of a table with one column a dimension."""
    from embedbench.files.tables.header import is_row_index

    _refuse_headerless(path, dimensions, said)
    dimensions = [name for name in dimensions if name != "index" or not is_row_index("", table[name])]
    for name in dimensions:
        if table[name].dtype.kind not in "fiub":
            first = table[name].iloc[0]
            raise UsageError(f"column {name!r} of {path} isn't numeric (it starts with {first!r}); drop or encode it.")
        if table[name].dtype.kind in "iu":  # perhaps with gaps, which are refused further down
            whole = table[name].dropna().to_numpy({"i": np.int64, "u": np.uint64}[table[name].dtype.kind])
            refuse_rounded(f"column {name!r} of {path}", whole)
    if not dimensions:
        raise UsageError(f"{path} has no numeric column or no row; give one column for each dimension.")
    z = np.stack([table[name].to_numpy(np.float64, na_value=np.nan) for name in dimensions], 1)
    refuse_non_finite(str(path), z, dimensions)
    return z


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


def _splits(column: pd.Series[Any], what: str) -> NDArray[np.str_]:
    """A column of splits, "validation" and "dev" as val."""
    return np.array([split_name(word) for word in _words(column, what).tolist()], np.str_)
