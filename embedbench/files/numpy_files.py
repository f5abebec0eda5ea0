"""Files of numpy: .npy and .npz, never unpickled."""

from __future__ import annotations

import tokenize
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.tensors import refuse_no_unit
from embedbench.files.text_file import BROKEN, check_readable

_BROKEN: tuple[type[Exception], ...] = (
    *BROKEN,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    SyntaxError,
    tokenize.TokenError,
)


def read_arrays(
    path: Path, name: str = "x", *, wanted: Collection[str] | None = None, mapped: bool = False
) -> dict[str, NDArray[Any]]:
    """The arrays of a file by name; that of an .npy file gets the name given.

    Args:
        path: The file.
        name: Of the one array of an .npy file.
        wanted: Names of the arrays to read, of those that are there; all unless given.
        mapped: Whether that stays in its file until it is used.

    Raises:
        UsageError: If there is no such file, or it is broken or holds something else.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}; give the path of an .npz or .npy file.")
    check_readable(path)
    _refuse_others(path)
    with _refusing(str(path)):
        content = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    if isinstance(content, np.ndarray):
        refuse_no_unit(str(path), content)
        return {name: content}
    with content:
        return {key: _array(content, key, path) for key in content.files if wanted is None or key in wanted}


def _refuse_others(path: Path) -> None:
    """Refuses what numpy would take for a pickle, as it does all that it doesn't know, unless its name says numpy."""
    if path.suffix.lower() in (".npy", ".npz"):
        return
    with path.open("rb") as file:
        begin = file.read(6)
    if not begin.startswith((b"\x93NUMPY", b"PK")):
        raise UsageError(
            f"cannot read {path} as numpy arrays: it is no .npy or .npz file; `--data table --data.path FILE` reads "
            "tables, and `embedbench list data` shows what else can be read."
        )


def _array(content: Any, key: str, path: Path) -> NDArray[Any]:
    """An array of an .npz file, which numpy reads only now."""
    with _refusing(f"{key!r} of {path}"):
        found = content[key]
    if not isinstance(found, np.ndarray):
        raise UsageError(f"cannot read {path}: {key!r} is no array; save it with numpy.savez.")
    refuse_no_unit(f"{key!r} of {path}", found)
    return found


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        reason = " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__
        if "allow_pickle" in reason or "pickled" in reason:
            reason = "it holds Python objects, which are never unpickled"
        raise UsageError(f"cannot read {what} as numpy arrays of numbers or text: {reason}; save it again.") from None
