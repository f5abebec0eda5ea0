"""The state of code, as texts of which a digest changes with it. Light: no torch, no Lightning."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import embedbench


def sources(files: Iterable[Path]) -> list[str]:
    """What source files hold, in the order of their paths."""
    return [file.read_text(encoding="utf8", errors="surrogateescape") for file in sorted(files)]


@lru_cache
def own_sources(*names: str) -> tuple[str, ...]:
    """This package's version, and the sources of some of its files and folders."""
    root = Path(embedbench.__file__).parent
    files = [
        file for name in names for file in ([root / name] if name.endswith(".py") else (root / name).rglob("*.py"))
    ]
    return (embedbench.__version__, *sources(files))


def versions(*libraries: str) -> list[str]:
    """The installed versions of libraries."""
    return [f"{name} {_version(name)}" for name in libraries]


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
