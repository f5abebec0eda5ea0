"""A record binds the files that its numbers follow from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from embedbench.errors import UsageError
from embedbench.results.record import FILE_NAME, Result

_BLOCK = 1 << 24  # bytes of a file held at a time


def digests(folder: Path, names: Iterable[Path | str]) -> dict[str, str]:
    """SHA-256 of files in a folder by their path in it, 64 hex digits each; those that aren't there are left out."""
    return {Path(name).as_posix(): _digest(folder / name) for name in names if (folder / name).is_file()}


def check_digests(folder: Path) -> None:
    """Refuses a run whose files are others than those that were scored.

    Folders without a record, and records of before digests were kept, bind nothing.

    Args:
        folder: Of the run.

    Raises:
        UsageError: If a file is gone or another one, or the record can't be read.
    """
    if not (folder / FILE_NAME).is_file():
        return
    known = Result.read(folder / FILE_NAME).digests
    found = digests(folder, known)
    for name, digest in known.items():
        if found.get(name) != digest:
            state = "isn't the one that was scored" if name in found else "is gone"
            raise UsageError(
                f"{folder / name} {state}, by its digest in {FILE_NAME}; bring it back, or run it again with "
                "--overwrite."
            )


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
