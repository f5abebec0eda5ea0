"""Who writes a run's folder: one process at a time, by a lock that dies with it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from embedbench.errors import UsageError
from embedbench.results.environment import utc_now
from embedbench.results.lock import LOCK
from embedbench.results.record import FILE_NAME, Result

CONFIG = "config.yaml"
_WAIT_SECONDS = 0.5  # whoever only looks holds it for a moment


class OwnedError(UsageError):
    """Another process writes there."""


class Owner:
    """This process as the one that writes a run's folder, from now on until `release` or its end.

    Where a file system has no locks, a marker takes their place that other processes of this machine know for dead.

    Args:
        folder: Of the run; made if need be.
        wait: Seconds to wait for another owner.

    Raises:
        OwnedError: If another process writes there; it is named.
        OSError: If the folder can't be written to.
    """

    def __init__(self, folder: Path, wait: float = _WAIT_SECONDS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / LOCK, thread_local=False)
        try:
            self._lock.acquire(timeout=wait, poll_interval=0.05)
        except Timeout:
            raise OwnedError(
                f"the run {folder} is being written by {written_by(folder)}; wait for it, or give another --run_id."
            ) from None
        try:
            (folder / LOCK).write_text(f"process {os.getpid()} on {socket.gethostname()} since {utc_now()}", "utf8")
        except OSError:
            self._lock.release()
            raise

    def release(self) -> None:
        """Lets others write."""
        self._lock.release()


def written_by(folder: Path) -> str:
    """The process that wrote a run's folder last: its number, machine and start."""
    path = folder / LOCK
    return (path.read_text(encoding="utf8") if path.exists() else "") or "another process"


def is_run(folder: Path) -> bool:
    """Whether a folder may be replaced by a run: it is empty, or one wrote it."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    if not names or LOCK in names or {CONFIG, FILE_NAME} <= names or names == {CONFIG}:
        return True
    try:
        return FILE_NAME in names and bool(Result.read(folder / FILE_NAME))
    except UsageError:
        return False
