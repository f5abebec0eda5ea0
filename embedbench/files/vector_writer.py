"""Writes embeddings as other tools read them: npz, npy, safetensors, CSV and Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.atomic import replacing
from embedbench.files.destination import check_file
from embedbench.files.spreadsheet import plain_cell

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".npz", ".npy", ".safetensors", ".parquet", ".csv")


class Embeddings(NamedTuple):
    """Rows to be written.

    Attributes:
        z: Float32 ``(rows, dim)``.
        index: Number of each row in its split or file, int64 ``(rows,)``.
        label: Class numbers, int64, -1 where there is none, or a real target, NaN where there is none, ``(rows,)``; of
            several labels a row 0 and 1, int8 ``(rows, labels)``, -1 throughout where there is none; ``None`` without
            labels.
        classes: Names of the classes or of the labels.
        id: What the file calls each row, ``(rows,)``, or ``None``.
    """

    z: NDArray[np.float32]
    index: NDArray[np.int64]  # type: ignore[assignment]  # it hides tuple.index, which nobody needs of rows
    label: NDArray[Any] | None
    classes: tuple[str, ...]
    id: NDArray[Any] | None


def check_output(path: Path, with_id: bool) -> None:
    """Refuses a file that embeddings can't be written to, before any work is done for it.

    Args:
        path: As the user gave it.
        with_id: Whether ids go along.

    Raises:
        UsageError: If the file can't be made or replaced, its ending isn't known, or it can't hold ids.
    """
    ending = check_file("--output", path, (*ENDINGS, ".txt"))
    if with_id and ending in (".npy", ".txt"):
        raise UsageError(f"--id has no place in a {ending} file, which holds the vectors alone; choose another.")


def write_embeddings(path: Path, found: Embeddings) -> None:
    """Writes embeddings, all or nothing.

    - ``.npz``, ``.safetensors``: arrays ``z`` and ``index``, and ``label`` and ``id`` if there are some;
    - ``.npy``: z alone;
    - ``.csv``, ``.parquet``: columns ``z0``, ``z1``, and so on, ``index``, and ``label``, by the names of the classes
      and empty where there is none, and ``id`` if there are some; in CSV, a text that a spreadsheet would take for a
      formula has an apostrophe before it.

    Several labels a row are a list of names in Parquet, the same as JSON in CSV, and 0 and 1 ``(rows, labels)`` in
    arrays.

    Raises:
        UsageError: If the file can't be written, or can't hold ids that are texts.
    """
    ending = path.suffix.lower()
    arrays: dict[str, NDArray[Any]] = {"z": found.z, "index": found.index}
    if found.label is not None:
        arrays["label"] = found.label
    if found.id is not None:
        arrays["id"] = found.id if found.id.dtype.kind in "iuf" else found.id.astype(str)
    try:
        with replacing(path) as temporary:
            if ending == ".safetensors":
                _write_safetensors(temporary, arrays)
            elif ending == ".npy":
                with temporary.open("wb") as file:
                    np.save(file, found.z)
            elif ending == ".npz":
                with temporary.open("wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
            elif ending == ".csv":
                _plain(_as_json(_table(found))).to_csv(temporary, index=False)
            else:
                _table(found).to_parquet(temporary, index=False)
    except ImportError:
        raise UsageError("Parquet files need pyarrow; pip install pyarrow.") from None
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror or error}); give a writable --output.") from None


def _write_safetensors(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    from safetensors.numpy import save_file

    if "id" in arrays and arrays["id"].dtype.kind == "U":
        raise UsageError("a .safetensors file holds numbers, but the ids are texts; write .npz, .csv or .parquet.")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with no text that a spreadsheet takes for a formula."""
    texts = table.select_dtypes(exclude="number").columns
    plain: pd.DataFrame = table.assign(**{name: table[name].map(plain_cell) for name in texts})
    return plain


def _as_json(table: pd.DataFrame) -> pd.DataFrame:
    """The table with lists of labels as texts, which any name may stand in and which are read as lists again."""
    if "label" not in table or not any(isinstance(cell, list) for cell in table["label"]):
        return table
    texts = table["label"].map(lambda cell: None if cell is None else json.dumps(cell, ensure_ascii=False))
    said: pd.DataFrame = table.assign(label=texts)
    return said


def _names(label: NDArray[Any], classes: tuple[str, ...]) -> Any:
    """A column of labels by their names, ``None`` where there is none; a real target as it is."""
    names = np.array([*classes, None], dtype=object)
    if label.ndim == 1:
        return names[label] if classes else label
    return [None if (row < 0).any() else names[:-1][row > 0].tolist() for row in label]


def _table(found: Embeddings) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {f"z{i}": column for i, column in enumerate(found.z.T)}
    columns["index"] = found.index
    if found.label is not None:
        columns["label"] = _names(found.label, found.classes)
    if found.id is not None:
        columns["id"] = found.id
    table: pd.DataFrame = pd.DataFrame(columns)
    return table
