"""Writes a file all or nothing."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from embedbench.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode("utf8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` so that a reader, or a crash at any moment, meets the old file or the new one.

    A temporary file in the same folder is written and synced, then renamed over ``path`` (POSIX makes that one step).
    The folder is made if need be.

    Raises:
        UsageError: If the folder can't be made or written to.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = temporary.open("wb")
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror}); choose a folder that you may write to.") from None
    try:
        with stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, on the systems that can sync a folder."""
    # Windows cannot open a folder and some network file systems refuse to sync one; the file itself is already safe.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
