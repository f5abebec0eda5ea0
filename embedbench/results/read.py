"""Finds and reads the results under a folder."""

from __future__ import annotations

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
    files = [file for file in sorted(path.rglob(FILE_NAME)) if not _is_hidden(file, path)] if path.is_dir() else [path]
    results: list[Result] = []
    problems: list[str] = []
    for file in files:
        try:
            results.append(Result.read(file))
        except UsageError as error:
            problems.append(str(error))
    return results, problems


def _is_hidden(file: Path, top: Path) -> bool:
    """Whether a folder on the way is hidden: there lies what a run replaces."""
    return any(part.startswith(".") for part in file.relative_to(top).parts)
