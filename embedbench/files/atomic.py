"""Writes a file all or nothing."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from embedbench.errors import RunError, UsageError

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)  # EPERM of another user's file in a folder such as /tmp


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Write a text, or the pieces of one, as UTF-8, as `write_bytes` does."""
    with replacing(path) as temporary, temporary.open("wb") as stream:
        for piece in [text] if isinstance(text, str) else text:
            stream.write(piece.encode("utf8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` so that a reader, or a crash at any moment, meets the old file or the new one.

    Raises:
        UsageError: If the folder can't be made or written to.
        RunError: If the content can't be written, as on a full disk.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new, empty file in the same folder, made if need be, to be written instead of ``path``.

    At the end it is synced, then renamed over ``path`` (POSIX makes that one step); after an error it is removed. Who
    may read it is as of any new file, whatever the library that writes it thinks of that.

    Raises:
        UsageError: If the folder can't be made or written to, or what stands at ``path`` is another user's.
        RunError: If the file can't be written, as on a full disk.
    """
    temporary = path.with_name(f".{path.name[:40]}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode
    except OSError as error:
        if error.errno in DISK:
            raise _failed(path, error) from None
        raise _refused(path, error) from None
    try:
        yield temporary
        with temporary.open("r+b") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(mode)  # safetensors leaves a file that its owner alone may read
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # a disk that is gone
            temporary.unlink(missing_ok=True)
        if (failure := _as_os_error(error)) is not None:
            raise (_refused if failure.errno in _REFUSED else _failed)(path, failure) from None
        raise
    _sync_folder(path.parent)


def _as_os_error(error: BaseException) -> OSError | None:
    """The error of the operating system that one is, or that one of Rust's libraries, such as safetensors, reports."""
    if isinstance(error, OSError):
        return error
    told = re.search(r"\(os error (\d+)\)", str(error)) if isinstance(error, Exception) else None
    return None if told is None else OSError(int(told[1]), os.strerror(int(told[1])))


def _refused(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write {path} ({error.strerror}); choose a folder that you may write to.")


def _failed(path: Path, error: OSError) -> RunError:
    return RunError(f"cannot write {path} ({error.strerror or error}); make room there, then run it again.")


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, on the systems that can sync a folder."""
    # Windows cannot open a folder and some network file systems refuse to sync one; the file itself is already safe.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
