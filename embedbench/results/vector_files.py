"""Writes embeddings as other tools read them: npz, npy, safetensors, CSV and Parquet."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.results.atomic import replacing

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".npz", ".npy", ".safetensors", ".parquet", ".csv")


class Embeddings(NamedTuple):
    """Rows to be written.

    Attributes:
        z: Float32 ``(rows, dim)``.
        index: Number of each row in its split or file, int64 ``(rows,)``.
        label: Class numbers, int64, -1 where there is none, or a real target, NaN where there is none; ``(rows,)``, or
            ``None`` without labels.
        classes: Names of the classes.
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
        UsageError: If the ending isn't known, the folder isn't there, it is a folder itself, or it can't hold ids.
    """
    if path.is_dir():
        raise UsageError(f"--output {path} is a folder; name a file in it.")
    if path.suffix not in (*ENDINGS, ".txt"):
        raise UsageError(f"--output must end in {', '.join(ENDINGS)} or .txt, got {str(path)!r}.")
    if not path.parent.is_dir():
        raise UsageError(f"--output {path}: there is no folder {path.parent}; make it first.")
    if with_id and path.suffix in (".npy", ".txt"):
        raise UsageError(f"--id has no place in a {path.suffix} file, which holds the vectors alone; choose another.")


def write_embeddings(path: Path, found: Embeddings) -> None:
    """Writes embeddings, all or nothing.

    - ``.npz``, ``.safetensors``: arrays ``z`` and ``index``, and ``label`` and ``id`` if there are some;
    - ``.npy``: z alone;
    - ``.csv``, ``.parquet``: columns ``z0``, ``z1``, and so on, ``index``, and ``label``, by the names of the classes
      and empty where there is none, and ``id`` if there are some.

    Raises:
        UsageError: If the file can't be written, or can't hold ids that are texts.
    """
    arrays: dict[str, NDArray[Any]] = {"z": found.z, "index": found.index}
    if found.label is not None:
        arrays["label"] = found.label
    if found.id is not None:
        arrays["id"] = found.id if found.id.dtype.kind in "iuf" else found.id.astype(str)
    try:
        with _opened(path) as temporary:
            if path.suffix == ".safetensors":
                _write_safetensors(temporary, arrays)
            elif path.suffix == ".npy":
                with temporary.open("wb") as file:
                    np.save(file, found.z)
            elif path.suffix == ".npz":
                with temporary.open("wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
            elif path.suffix == ".csv":
                _table(found).to_csv(temporary, index=False)
            else:
                _table(found).to_parquet(temporary, index=False)
    except ImportError:
        raise UsageError("Parquet files need pyarrow; pip install embedbench[files].") from None
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror or error}); give a writable --output.") from None


def _opened(path: Path) -> AbstractContextManager[Path]:
    """What to write to: a device or pipe itself, or a new file that comes into the place of the one behind a link."""
    special = path.exists() and not path.is_file()
    return nullcontext(path) if special else replacing(path.resolve())


def _write_safetensors(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    from safetensors.numpy import save_file

    if "id" in arrays and arrays["id"].dtype.kind == "U":
        raise UsageError("a .safetensors file holds numbers, but the ids are texts; write .npz, .csv or .parquet.")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _table(found: Embeddings) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {f"z{i}": column for i, column in enumerate(found.z.T)}
    columns["index"] = found.index
    if found.label is not None:
        names = np.array([*found.classes, None], dtype=object)
        columns["label"] = names[found.label] if found.classes else found.label
    if found.id is not None:
        columns["id"] = found.id
    table: pd.DataFrame = pd.DataFrame(columns)
    return table
