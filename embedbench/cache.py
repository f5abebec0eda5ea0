"""What takes long to make and follows from content alone is kept on disk between runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from embedbench.errors import RunError, UsageError
from embedbench.files.atomic import replacing
from embedbench.say import say

_FORMAT = 2  # to be raised when what is kept, or how it is made of the same content, changes
_USUAL = "10GB"
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_ABANDONED = 3600  # seconds after which a temporary file is that of a process that was killed
Tables = dict[str, NDArray[Any]]
_unkept: set[Path] = set()  # folders of which it was said


def folder() -> Path:
    """``$EMBEDBENCH_CACHE``, else ``embedbench`` in the user's folder of caches; may be deleted at any time."""
    given = os.environ.get("EMBEDBENCH_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "embedbench"


def limit() -> int:
    """Most bytes that are kept, ``$EMBEDBENCH_CACHE_SIZE``, 10 GB unless given; with 0 nothing is read or written.

    Raises:
        UsageError: If it is no size.
    """
    given = os.environ.get("EMBEDBENCH_CACHE_SIZE") or _USUAL
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(|[KMGT]B)", given.strip().upper())
    if found is None:
        raise UsageError(f"EMBEDBENCH_CACHE_SIZE must be a size such as 20GB, or 0 for no cache, got {given!r}.")
    return int(float(found[1]) * _UNITS[found[2]])


def cached(kind: str, key: str, make: Callable[[], Tables]) -> Tables:
    """Arrays that were made for this key before, by any run on this machine, else those made now.

    Args:
        kind: What they are: a folder of the cache.
        key: Digest of all that they follow from.
        make: Makes them.
    """
    found = find_tables(kind, key)
    if found is None:
        found = make()
        keep(kind, key, found)
    return found


def find_tables(kind: str, key: str) -> Tables | None:
    """The arrays kept for a key; ``None`` if there are none. A file that is broken is removed."""
    if not limit():
        return None
    path = _path(kind, key)
    found = read_tables(path, key)  # also of a folder that may not be looked into
    with contextlib.suppress(OSError):  # a folder that others may only read
        if found is None:
            path.unlink(missing_ok=True)
        else:
            os.utime(path)  # the least recently used go first
    return found


def keep(kind: str, key: str, tables: Tables) -> None:
    """Keeps arrays for a key, unless they alone are too large, and drops the least recently used ones beyond the limit.

    Several processes may do so at a time. One that can't write says so once, and nothing else comes of it.
    """
    most = limit()
    if sum(array.nbytes for array in tables.values()) > most or not most:
        return
    try:
        write_tables(_path(kind, key), key, tables)
        _shrink(most)
    except (OSError, SafetensorError, UsageError, RunError) as error:
        if folder() not in _unkept:
            _unkept.add(folder())
            say(f"what is made is not kept for the next run: {error} EMBEDBENCH_CACHE may name another folder.")


def write_tables(path: Path, key: str, tables: Tables) -> None:
    """Writes arrays with their key and a checksum, all or nothing.

    Raises:
        UsageError: If the folder can't be written to.
    """
    whole = {name: np.asarray(array, order="C") for name, array in tables.items()}
    with replacing(path) as temporary:
        save_file(whole, temporary, {"key": key, "checksum": _checksum(key, whole)})


def read_tables(path: Path, key: str) -> Tables | None:
    """The arrays that `write` left in a file; ``None`` if they are of another key, or the file is missing or broken."""
    try:
        with safe_open(path, framework="numpy") as file:
            told = file.metadata() or {}
            tables = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it has no iterator)
    except (SafetensorError, OSError, ValueError):
        return None
    return tables if told.get("key") == key and told.get("checksum") == _checksum(key, tables) else None


def digest(parts: Iterable[str | NDArray[Any]]) -> str:
    """32 hex digits of the SHA-256 of texts and arrays; where one ends and the next begins counts, and types do.

    >>> digest(["ab", "c"]) == digest(["a", "bc"])
    False
    """
    found = hashlib.sha256()
    for part in parts:
        text = part if isinstance(part, str) else f"{part.dtype.str} {part.shape}"
        content = text.encode("utf8", "surrogatepass")
        found.update((b"t" if text is part else b"a") + len(content).to_bytes(8, "little"))
        found.update(content)
        if not isinstance(part, str):
            found.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return found.hexdigest()[:32]


def _path(kind: str, key: str) -> Path:
    return folder() / f"v{_FORMAT}" / kind / f"{key}.safetensors"


def _checksum(key: str, tables: Tables) -> str:
    return digest([key, *(part for name in sorted(tables) for part in (name, tables[name]))])


def _shrink(most: int) -> None:
    """Removes what killed processes left, and the least recently used files until the rest takes ``most`` bytes."""
    held: list[tuple[int, int, Path]] = []
    for path in folder().glob("v*/*/*"):
        with contextlib.suppress(OSError):  # another process has removed it
            told = path.stat()
            if path.suffix == ".safetensors":
                held.append((told.st_mtime_ns, told.st_size, path))
            elif path.suffix == ".tmp" and told.st_mtime < time.time() - _ABANDONED:
                path.unlink()
    total = sum(size for _, size, _ in held)
    for _, size, path in sorted(held):
        if total <= most:
            return
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        total -= size
