"""Where a user wants something written: refused before any work is done for it, if it can't be."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from embedbench.errors import UsageError

_KINDS = {
    stat.S_IFDIR: "a folder; name a file in it",
    stat.S_IFLNK: "a link; name the file itself",
    stat.S_IFIFO: "a pipe; name a file",
    stat.S_IFSOCK: "a socket; name a file",
    stat.S_IFCHR: "a device; name a file",
    stat.S_IFBLK: "a device; name a file",
}


def check_file(option: str, path: Path, endings: Iterable[str]) -> str:
    """The ending of a file that is to be written, in small letters.

    Raises:
        UsageError: If the file can't be made or replaced, or its ending isn't among those known.
    """
    _check_replaceable(option, path)
    known, ending = list(endings), path.suffix.lower()
    if ending not in known:
        listed = known[0] if len(known) == 1 else f"{', '.join(known[:-1])} or {known[-1]}"
        raise UsageError(f"{option} must end in {listed}, got {str(path)!r}.")
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path}: there is no folder {path.parent}; make it first.")
    if reason := _unwritable(path.parent):
        raise UsageError(f"{option} {path}: cannot write in the folder {path.parent} ({reason}); choose another.")
    return ending


def check_folder(option: str, folder: Path, files: Iterable[str] = ()) -> None:
    """Refuses a folder that can't be made or written to.

    Args:
        option: How a user names it.
        folder: It, there or not.
        files: Names of what is to be written in it.

    Raises:
        UsageError: If it, or the nearest folder above it that exists, is no folder or not writable, or one of the files
            can't be replaced.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if _mode(option, path) is not None)
    reason = _unwritable(there)
    if reason:
        raise UsageError(f"{option} {folder}: cannot write below {there} ({reason}); choose another folder.")
    for name in files if there == folder else ():
        _check_replaceable(option, folder / name)


def _check_replaceable(option: str, path: Path) -> None:
    """Refuses what stands in a file's place and is none."""
    mode = _mode(option, path)
    if mode is not None and not stat.S_ISREG(mode):
        raise UsageError(f"{option} {path} is {_KINDS.get(stat.S_IFMT(mode), 'no file; name one')}.")


def _mode(option: str, path: Path) -> int | None:
    """What there is at a path, itself and not what a link leads to; ``None`` if nothing."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{option}: {path} can't be looked at ({error.strerror}); choose another.") from None


def _unwritable(folder: Path) -> str:
    """Why no file can be made in a folder; nothing if it can. Tried, since root may anywhere and yet can't."""
    import tempfile  # a tenth of the time that help takes

    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
