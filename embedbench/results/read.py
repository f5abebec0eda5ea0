"""Finds and reads the results under a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from embedbench.errors import UsageError
from embedbench.results.lock import is_owned
from embedbench.results.record import FILE_NAME, Result

_PARTS = {"checkpoints", "embeddings", "history", "queries"}  # folders of a run, which hold no other run
_NAMED = 5  # of many alike
_TOGETHER = 20  # records that are checked at a time


class Found(NamedTuple):
    """What lies under a folder.

    Attributes:
        results: In the order of their paths.
        problems: One sentence for each file that was skipped because it is broken or was written by a newer
            embedbench, and for each folder that can't be looked into.
        stale: Folders of the runs that are recorded as running and that no process writes.
        folders: Of the results, one each.
    """

    results: list[Result]
    problems: list[str]
    stale: list[Path]
    folders: list[Path]


def read_results(path: Path | str) -> Found:
    """Read every ``result.json`` at any depth under a folder, hidden ones apart, or the one file given.

    What is equal in many of them is held once, so that thousands fit into memory.

    Raises:
        UsageError: If there is nothing at ``path``.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"there is no folder or file {str(path)!r}; give the folder that holds the runs.")
    found = Found([], [], [], [])
    files = _files(path, found.problems) if path.is_dir() else [path]
    alike: dict[Any, Any] = {}
    for file, one in zip(files, _read(files), strict=True):
        if isinstance(one, UsageError):
            found.problems.append(str(one))
            continue
        found.results.append(_lean(one, alike))
        found.folders.append(file.parent)
        if one.status == "running" and not is_owned(file.parent):
            found.stale.append(file.parent)
    return found


def first_few(sentences: Sequence[str]) -> list[str]:
    """The first few, and how many more there are."""
    rest = len(sentences) - _NAMED
    return [*sentences[:_NAMED], f"and {rest:,} more"] if rest > 1 else [*sentences]


def _files(top: Path, problems: list[str]) -> list[Path]:
    """Every record under a folder; a folder that can't be looked into is a problem."""

    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # runs come and go meanwhile
            problems.append(f"cannot look into {error.filename}: {error.strerror}; make it readable.")

    found = []
    for folder, folders, names in os.walk(top, onerror=note):
        holds = FILE_NAME in names or FILE_NAME in folders
        folders[:] = [name for name in folders if name[0] != "." and not (holds and name in _PARTS)]
        if holds:
            found.append(folder)
    return [Path(name) / FILE_NAME for name in sorted(found, key=lambda name: name.split(os.sep))]


def _read(files: list[Path]) -> Iterator[Result | UsageError]:
    """The result of each file, or why there is none."""
    for start in range(0, len(files), _TOGETHER):
        yield from Result.read_all(files[start : start + _TOGETHER])


def _lean(result: Result, alike: dict[Any, Any]) -> Result:
    """The result, which nobody else holds yet, with what another one holds too instead of its own."""
    for words in ("directions", "environment", "splits"):
        own = getattr(result, words)
        object.__setattr__(result, words, alike.setdefault((words, *own, *own.values()), own))
    result.config.update({name: alike.setdefault(repr(one), one) for name, one in result.config.items()})
    return result
