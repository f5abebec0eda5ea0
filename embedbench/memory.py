"""How much memory this machine has: what can't fit is refused in a sentence, before hours of work."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from embedbench.errors import UsageError

_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container


def memory() -> int | None:
    """Bytes of memory that this process may have at most: the machine's, or its container's; ``None`` if unknown."""
    found = []
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ValueError, OSError):  # "max" is none
        found.append(int(_LIMIT.read_text(encoding="ascii")))
    return min((size for size in found if size > 0), default=None)


def check_memory(needed: float, what: str, cure: str) -> None:
    """Refuses work that can't fit into the memory of this machine, however little else is held.

    Args:
        needed: Bytes that are held at a time, at least.
        what: What needs them, as the subject of a sentence.
        cure: What to do instead.

    Raises:
        UsageError: If the machine has less.
    """
    most = memory()
    if most is not None and needed > most:
        raise UsageError(f"{what} needs {_gigabytes(needed)} of memory, and there are {_gigabytes(most)}; {cure}.")


def _gigabytes(size: float) -> str:
    return f"{size / 10**9:,.1f} GB"
