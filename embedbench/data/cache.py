"""What takes long to make and follows from content alone is kept on disk between runs."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from embedbench.errors import UsageError
from embedbench.results.atomic import write_bytes

_FORMAT = 1  # to be raised when what is kept, or how it is made of the same content, changes
Tables = dict[str, NDArray[Any]]


def folder() -> Path:
    """``$EMBEDBENCH_CACHE``, else ``embedbench`` in the user's folder of caches; may be deleted at any time."""
    given = os.environ.get("EMBEDBENCH_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "embedbench"


def cached(kind: str, key: str, make: Callable[[], Tables]) -> Tables:
    """Arrays that were made for this key before, by any run on this machine, else those made now.

    Args:
        kind: What they are: a folder of the cache.
        key: Digest of all that they follow from.
        make: Makes them.
    """
    path = folder() / f"v{_FORMAT}" / kind / f"{key}.safetensors"
    if path.is_file():
        try:
            return load_file(path)
        except (SafetensorError, OSError):  # half a file, of a full disk: made and written again
            pass
    made = make()
    try:
        write_bytes(path, save(made))
    except (OSError, UsageError) as error:
        warnings.warn(f"what was made is not kept for the next run: {error}", stacklevel=2)
    return made


def digest(parts: Iterable[str]) -> str:
    """32 hex digits of the SHA-256 of some texts; where one ends and the next begins counts.

    >>> digest(["ab", "c"]) == digest(["a", "bc"])
    False
    """
    found = hashlib.sha256()
    for part in parts:
        content = part.encode("utf8", "surrogatepass")
        found.update(len(content).to_bytes(8, "little"))
        found.update(content)
    return found.hexdigest()[:32]
