"""Whether a process writes a run's folder now: it holds a lock there, which dies with it."""

from __future__ import annotations

from pathlib import Path

LOCK = ".lock"


def is_owned(folder: Path) -> bool:
    """Whether a process writes a run's folder now."""
    if not (folder / LOCK).exists():
        return False
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:  # of others, who can't be asked
        return False
    lock.release()
    return False
