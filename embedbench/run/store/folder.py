"""A run's folder on disk: claimed once, filled step by step, read back later."""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from torch import Tensor

from embedbench.cache import write_tables
from embedbench.errors import RunError, UsageError
from embedbench.files.atomic import write_bytes, write_text
from embedbench.results.lock import LOCK
from embedbench.results.record import FILE_NAME, Result
from embedbench.run.store.owner import CONFIG, Owner, is_run, written_by

_RESERVE = ".reserve"  # room on the disk, of which nothing can be made smaller, for the last record
_ROOM = 2**16  # bytes of it
_ASIDE = ".replaced"  # what was there before, until the new run has begun


class Claim(NamedTuple):
    """A folder that this process alone writes.

    Attributes:
        folder: With the new run's configuration, and what was there before set aside.
        owner: This process.
        note: What is started again; ``None`` of a new run.
    """

    folder: Path
    owner: Owner
    note: str | None

    def begin(self, result: Result) -> None:
        """Puts on record that the run has begun, sees to room for how it ends, and drops what was there before.

        Raises:
            UsageError: If the folder can't be written to; what was there before is back then.
        """
        try:
            result.write(self.folder)
            write_bytes(self.folder / _RESERVE, os.urandom(_ROOM))
        except BaseException as error:
            self.undo()
            if isinstance(error, RunError):
                raise _elsewhere(error) from None
            raise
        shutil.rmtree(self.folder / _ASIDE, ignore_errors=True)

    def record(self, result: Result) -> None:
        """Puts on record how the run ended, on a full disk too, and drops what was written halfway.

        Raises:
            UsageError: If the folder can't be written to.
            RunError: If the file can't be written, as on a disk that is gone.
        """
        with contextlib.suppress(OSError):  # the writing that follows says why
            (self.folder / _RESERVE).unlink(missing_ok=True)
        result.write(self.folder)
        drop_torn(self.folder)

    def undo(self) -> None:
        """Brings back what was there before: a run, or no folder at all."""
        _put_back(self.folder)
        self.owner.release()
        if not any(_content(self.folder)):
            shutil.rmtree(self.folder)


def claim(folder: Path, config: dict[str, Any], *, overwrite: bool) -> Claim:
    """Makes a run's folder this process' own, with a ``config.yaml``.

    What is there of a run that hasn't finished is replaced, unless a process still writes it.

    Args:
        folder: Of the run.
        config: Of the run.
        overwrite: Whether a run that has finished is replaced too.

    Raises:
        UsageError: If another process writes the folder, a run in it has finished and isn't to be overwritten, it holds
            anything but a run, or it can't be written to.
    """
    is_new = not folder.exists()
    if not is_new and not is_run(folder):
        raise UsageError(f"{folder} is there and no run's folder; give another --run_id or --runs, or move it away.")
    if not is_new:
        _begun(folder, overwrite)  # what is refused stays as it is, and its lock names who wrote it
    try:
        owner = Owner(folder)
    except OSError as error:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise _unwritable(folder, error) from None
    claimed = Claim(folder, owner, None)
    try:
        if (folder / _ASIDE).exists() and not (folder / FILE_NAME).exists():  # its process was killed in between
            _put_back(folder)
        claimed = claimed._replace(note=_begun(folder, overwrite))
        _set_aside(folder)
    except BaseException as error:
        owner.release()
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from None
        raise
    try:
        write_text(folder / CONFIG, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    except BaseException as error:
        claimed.undo()
        if isinstance(error, RunError):
            raise _elsewhere(error) from None
        raise
    return claimed


def _elsewhere(error: RunError) -> UsageError:
    return UsageError(f"{error} Give another folder by --runs DIR.")


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write to {folder} ({error.strerror or error}); give a writable folder by --runs DIR.")


def _content(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.name not in (LOCK, _ASIDE))


def _begun(folder: Path, overwrite: bool) -> str | None:
    """What to say of a run that has been begun before.

    Raises:
        UsageError: If it has finished, or may have, and isn't to be overwritten.
    """
    path = folder / FILE_NAME
    if overwrite or not path.exists():
        return None
    try:
        held = Result.read(path)
    except UsageError:
        held = None
    if held is None or held.status == "finished":
        raise UsageError(f"the run folder {folder} exists; add --overwrite, give another --run_id or delete it.")
    ended = f"failed ({held.error})" if held.status == "failed" else f"was left by {written_by(folder)}, which is gone"
    return f"the run {folder} {ended}: it starts again"


def _set_aside(folder: Path) -> None:
    shutil.rmtree(folder / _ASIDE, ignore_errors=True)
    found = list(_content(folder))
    if found:
        (folder / _ASIDE).mkdir()
    moved: list[Path] = []
    try:
        for path in found:
            path.rename(folder / _ASIDE / path.name)
            moved.append(path)
    except OSError:  # of a folder in it that may not be written to: what is there stays whole
        for path in moved:
            (folder / _ASIDE / path.name).rename(path)
        (folder / _ASIDE).rmdir()
        raise


def _put_back(folder: Path) -> None:
    for path in list(_content(folder)):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if (folder / _ASIDE).exists():
        for path in list((folder / _ASIDE).iterdir()):
            path.rename(folder / path.name)
        (folder / _ASIDE).rmdir()


def drop_torn(folder: Path) -> None:
    """Drops what Lightning couldn't write to its end: checkpoints, and the last line of the logged values.

    A whole checkpoint ends with the directory of a ZIP, and a whole line with its end.
    """
    for path in (folder / "checkpoints").glob("*.ckpt"):
        if not zipfile.is_zipfile(path):
            path.unlink(missing_ok=True)
    history = folder / "history" / "metrics.csv"
    if history.is_file():
        whole = history.read_bytes().rfind(b"\n") + 1
        os.truncate(history, whole)


def embeddings_path(folder: Path, split: str) -> Path:
    """The file of one split's embeddings."""
    return folder / "embeddings" / f"{split}.safetensors"


def save_embeddings(folder: Path, split: str, rows: dict[str, Tensor], key: str) -> None:
    """Writes one split's z, index and (if known) label, with a digest of all that z follows from (or nothing)."""
    write_tables(embeddings_path(folder, split), key, {name: value.numpy() for name, value in rows.items()})
