"""Finds and reads the results under a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from embedbench.errors import UsageError
from embedbench.results.record import FILE_NAME, Result


def read_results(path: Path | str) -> tuple[list[Result], list[str]]:
    """Read every ``result.json`` at any depth under a folder, hidden ones apart, or the one file given.

    Returns:
        The results in the order of their paths, and one sentence for each file that was skipped because it is broken
        or was written by a newer embedbench.

    Raises:
        UsageError: If there is nothing at ``path``.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"there is no folder or file {str(path)!r}; give the folder that holds the runs.")
    results: list[Result] = []
    problems: list[str] = []
    files = sorted(_found(path, problems)) if path.is_dir() else [path]
    for file in files:
        try:
            results.append(Result.read(file))
        except UsageError as error:
            problems.append(str(error))
    return results, problems


def _found(top: Path, problems: list[str]) -> Iterator[Path]:
    """The files below a folder; in hidden ones lies what a run replaces, and runs come and go meanwhile."""

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            problems.append(f"cannot read the folder {error.filename}: {error.strerror}; make it readable.")

    for folder, folders, files in os.walk(top, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if FILE_NAME in (*files, *folders):  # a folder called so is said to be no file
            yield Path(folder) / FILE_NAME
