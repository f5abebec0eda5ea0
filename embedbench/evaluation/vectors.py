"""Reads embeddings that any tool has written: npz, npy, CSV, Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError, unknown
from embedbench.evaluation.checks import refuse_non_finite
from embedbench.types import SPLITS

if TYPE_CHECKING:
    import pandas as pd

_RESERVED = ("label", "split")


class Vectors(NamedTuple):
    """What a file of embeddings holds.

    Attributes:
        z: Embedding, float ``(rows, dim)``.
        label: Class names or numbers, a real target, or none, as they stand in the file; ``(rows,)``.
        split: "train", "val" or "test", or none, ``(rows,)``.
    """

    z: NDArray[Any]
    label: NDArray[Any] | None
    split: NDArray[np.str_] | None


def read_vectors(path: Path, labels: Path | None = None) -> Vectors:
    """The embedding in a file, with labels and splits if it has any.

    - ``.npz``: arrays ``z``, optionally ``label`` and ``split``.
    - ``.npy``: an array, which stays in the file until it is used; labels from the file ``labels``, else from
      ``<stem>_labels.npy`` or ``<stem>.labels.npy`` beside it.
    - ``.csv`` (with a header line), ``.parquet``: optional columns ``label`` and ``split``; each other column is a
      dimension.

    Text, integers and booleans are class labels, floats a real target.

    Raises:
        UsageError: If the file is missing, of another kind or unreadable, if a column isn't numeric, if numbers are NaN
            or infinite or labels are missing, if lengths differ or if a split has another name.
    """
    readers = {".npz": _npz, ".npy": lambda file: _npy(file, labels), ".csv": _csv, ".parquet": _parquet}
    if path.suffix not in readers:
        raise UsageError(f"{path} must end in one of {', '.join(readers)}; save the vectors as one of these.")
    vectors = readers[path.suffix](_existing(path))
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


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"there is no file {path}; give the path of an existing one.")
    return path


def _npz(path: Path) -> Vectors:
    with _load(path, np.lib.npyio.NpzFile) as arrays:
        found = {name: _plain(path, arrays, name) for name in ("z", *_RESERVED) if name in arrays}
        if "z" not in found:
            raise UsageError(
                f"{path} has no array 'z', only {', '.join(arrays) or 'nothing'}; save the vectors as 'z'."
            )
    split = found.get("split")
    return Vectors(_numbers(path, found["z"]), found.get("label"), None if split is None else split.astype(str))


def _npy(path: Path, labels: Path | None) -> Vectors:
    beside = [path.with_name(f"{path.stem}{ending}.npy") for ending in ("_labels", ".labels")]
    given = [_existing(labels)] if labels else [file for file in beside if file.is_file()]
    return Vectors(_numbers(path, _load(path, np.ndarray)), _load(given[0], np.ndarray) if given else None, None)


def _load(path: Path, kind: type) -> Any:
    """What numpy reads, without unpickling anything."""
    try:
        content = np.load(path, mmap_mode="r", allow_pickle=False)  # an .npy file stays where it is until it is read
    except (ValueError, EOFError, OSError, BadZipFile) as error:
        raise UsageError(f"cannot read {path}: {' '.join(str(error).split())}; save plain numbers or text.") from None
    if not isinstance(content, kind):
        raise UsageError(f"{path} isn't what its name says; save one array as .npy, several as .npz.")
    return content


def _plain(path: Path, arrays: Any, name: str) -> NDArray[Any]:
    """An array of an npz file, which numpy reads only now."""
    try:
        return np.asarray(arrays[name])
    except (ValueError, EOFError, OSError, BadZipFile) as error:
        raise UsageError(f"cannot read {name!r} of {path}: {error}; save plain numbers or text.") from None


def _numbers(path: Path, z: NDArray[Any]) -> NDArray[Any]:
    if z.dtype.kind not in "fiub":
        raise UsageError(f"{path} must hold numbers, got {z.dtype}; save the vectors as float32.")
    if z.ndim == 2:
        refuse_non_finite(str(path), z, range(z.shape[1]))
    return z


def _csv(path: Path) -> Vectors:
    import pandas as pd

    try:
        table = pd.read_csv(path, encoding="utf8")
    except (ValueError, OSError) as error:  # what pandas raises for ragged lines and empty files is a ValueError
        raise UsageError(f"cannot read {path} as CSV: {' '.join(str(error).split())}.") from None
    return _frame(path, table)


def _parquet(path: Path) -> Vectors:
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except ImportError:
        raise UsageError("Parquet files need pyarrow; run `pip install embedbench[files]`.") from None
    except (ValueError, OSError) as error:
        raise UsageError(f"cannot read {path} as Parquet: {' '.join(str(error).split())}.") from None
    return _frame(path, table)


def _frame(path: Path, table: pd.DataFrame) -> Vectors:
    """The columns of a table; nothing is left out in silence."""
    names = [str(name) for name in table.columns]
    table.columns = names
    dimensions = [name for name in names if name not in _RESERVED]
    _refuse_headerless(path, dimensions)
    for name in dimensions:
        if table[name].dtype.kind not in "fiub":
            first = table[name].iloc[0] if len(table) else None
            raise UsageError(f"column {name!r} of {path} isn't numeric (it starts with {first!r}); drop or encode it.")
    if not dimensions or table.empty:
        raise UsageError(f"{path} has no numeric column or no row; give one column for each dimension.")
    z = table[dimensions].to_numpy(np.float64)
    refuse_non_finite(str(path), z, dimensions)
    return Vectors(z, _named(path, table, "label"), _named(path, table, "split"))


def _refuse_headerless(path: Path, dimensions: list[str]) -> None:
    """A first line of numbers would be taken for names, and a saved row index for a dimension."""
    if any(name.startswith("Unnamed: ") for name in dimensions):
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


def _named(path: Path, table: pd.DataFrame, name: str) -> NDArray[Any] | None:
    """The column called label or split: numbers as they are, anything else as text."""
    if name not in table:
        return None
    missing = int(table[name].isna().sum())
    if missing:
        raise UsageError(f"column {name!r} of {path} holds {missing} missing values; drop those rows or fill them in.")
    column = table[name]
    return column.to_numpy() if name == "label" and column.dtype.kind in "fiub" else column.astype(str).to_numpy(str)
