"""What a comparison's files are called, so that one on other data keeps its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from embedbench.results.report import STEM
from embedbench.results.table.board import Leaderboard


def free_stem(board: Leaderboard, folder: Path) -> str:
    """``leaderboard``, unless a board of other data lies there: then also the data's names, or content if need be.

    Args:
        board: To be written.
        folder: Where.
    """
    mine = {(table.dataset, table.fingerprint) for table in board.tables}
    names = "-".join(sorted({re.sub(r"[^\w.-]+", "_", name) for name, _ in mine}))
    marks = "-".join(sorted(mark[:8] for _, mark in mine))
    stems = [STEM, f"{STEM}-{names}"]
    return next((stem for stem in stems if _is_free(folder / f"{stem}.json", mine)), f"{STEM}-{names}-{marks}")


def _is_free(path: Path, mine: set[tuple[str, str]]) -> bool:
    """Whether nothing lies there, nothing that can be read, or a board of the same data."""
    try:
        tables = json.loads(path.read_text(encoding="utf8"))["tables"]
        there = {(table["dataset"], table["dataset_fingerprint"]) for table in tables}
    except (OSError, ValueError, LookupError, TypeError):
        return True
    return not there or there == mine
