"""When and where a run happened: the clock, the versions, the commit."""

from __future__ import annotations

import platform
import shutil
import subprocess
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from embedbench import __version__

_PACKAGE = Path(__file__).resolve().parents[1]


def utc_now() -> str:
    """The time now in UTC, as ISO 8601 with microseconds; such strings sort as the times do."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def environment() -> dict[str, str | None]:
    """Versions of what decides a result, read from package metadata so that nothing heavy is imported.

    Returns:
        The keys embedbench, python, torch, lightning, faiss, platform and git_commit; ``None`` where not installed,
        or where the package does not lie in its own git checkout.
    """
    return {
        "embedbench": __version__,
        "python": platform.python_version(),
        "torch": _version("torch"),
        "lightning": _version("lightning"),
        "faiss": _version("faiss-cpu", "faiss-gpu", "faiss"),
        "platform": platform.platform(),
        "git_commit": git_commit(_PACKAGE),
    }


def git_commit(package: Path) -> str | None:
    """Commit checked out around ``package``; ``None`` if ``package`` isn't at the top level of a git checkout.

    A package installed under somebody else's checkout must not take that project's commit for its own.
    """
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(package), "rev-parse", "--show-toplevel", "HEAD"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return None
    top, commit = answer.stdout.splitlines()
    return commit if Path(top).resolve() == package.parent else None


def _version(*names: str) -> str | None:
    """Version of the first installed distribution among ``names``."""
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None
