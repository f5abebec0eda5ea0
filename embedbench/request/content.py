"""What lies in the files that a request names, as digests: a run is known by content, wherever its files lie.

Digests of up to 64 MB are made anew by each command. Those of more are kept in the cache under path, size, inode and
times of change of each file. One of these changes whenever a file is written, for the time of the last change of its
status (ctime) can't be set back; files written within the last two seconds, as fine as some file systems count,
are read anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from embedbench.arguments.signature import path_arguments

_LARGE = 1 << 26  # bytes
_BLOCK = 1 << 22
_FRESH = 2 * 10**9  # nanoseconds
# What a model that builds on a run takes of it: to score it by further metrics changes nothing of that.
OF_RUN = ("config.yaml", "preprocessing.safetensors", "checkpoints/model.safetensors")
_known: dict[str, str] = {}


def contents(group: Mapping[str, Any]) -> dict[str, list[str]]:
    """Digests of the files that arguments of a class name, also of those within, by dotted name of the argument.

    Args:
        group: With ``class_path`` and ``init_args``.
    """
    found: dict[str, list[str]] = {}
    for name, value in path_arguments(group):
        digest = content(Path(value))
        if digest is not None:
            found.setdefault(name, []).append(digest)
    return found


def content(path: Path) -> str | None:
    """Digest of a file, of a run as another model takes it, or of all files of a folder; ``None`` if there is nothing.

    Raises:
        OSError: If a file can't be read.
    """
    files = dict(_files(path))
    if not files and not path.is_dir():
        return None
    stats = {name: file.stat() for name, file in files.items()}
    newest = max((max(one.st_mtime_ns, one.st_ctime_ns) for one in stats.values()), default=0)
    if newest > time.time_ns() - _FRESH:
        return _digest(files)
    facts = {
        name: (one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino, one.st_dev) for name, one in stats.items()
    }
    stamp = hashlib.sha256(json.dumps([str(path.absolute()), facts]).encode("utf8", "surrogatepass")).hexdigest()
    if stamp not in _known:
        is_large = sum(one.st_size for one in stats.values()) >= _LARGE
        _known[stamp] = _kept(stamp, files) if is_large else _digest(files)
    return _known[stamp]


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """The files by their name in the folder; links that lead nowhere, pipes and devices are none."""
    if path.is_file():
        yield "", path
    elif (path / "config.yaml").is_file() and (path / "result.json").is_file():
        yield from ((name, path / name) for name in OF_RUN if (path / name).is_file())
    else:
        yield from ((file.relative_to(path).as_posix(), file) for file in sorted(path.rglob("*")) if file.is_file())


def _kept(stamp: str, files: dict[str, Path]) -> str:
    import numpy as np  # what follows takes a while anyway

    from embedbench.cache import cached

    def make() -> dict[str, Any]:
        return {"sha256": np.frombuffer(bytes.fromhex(_digest(files)), np.uint8)}

    return cached("digests", stamp[:32], make)["sha256"].tobytes().hex()


def _digest(files: dict[str, Path]) -> str:
    """SHA-256 of the names and the bytes of files."""
    whole = hashlib.sha256()
    for name, file in files.items():
        one = hashlib.sha256()
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                one.update(block)
        whole.update(f"{len(name)} {name} {one.hexdigest()}".encode("utf8", "surrogatepass"))
    return whole.hexdigest()
