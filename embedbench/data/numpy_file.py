"""Files that numpy saved."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError


def read_arrays(path: Path, name: str = "x") -> dict[str, NDArray[Any]]:
    """The arrays of a file by name; that of an .npy file gets the name given.

    Raises:
        UsageError: If there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}; give the path of an .npz or .npy file.")
    try:
        content = np.load(path, allow_pickle=False)
        return {name: content} if isinstance(content, np.ndarray) else {key: content[key] for key in content.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        reason = "it holds Python objects, which are never unpickled" if "allow_pickle" in str(error) else error
        raise UsageError(f"cannot read {path} as numpy arrays of numbers: {reason}.") from None
