"""The formats in which a leaderboard is shown or saved, one file each."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

from embedbench.errors import unknown
from embedbench.files.atomic import write_text
from embedbench.results.table.board import Leaderboard

FILE_FORMATS = {"md": "markdown", "csv": "tidy", "tex": "latex", "html": "html", "json": "json_format"}
STEM = "leaderboard"
FILES = tuple(f"{STEM}.{ending}" for ending in FILE_FORMATS)
FORMATS = {"terminal": "terminal", **FILE_FORMATS}


def render(board: Leaderboard, fmt: str) -> str:
    """A leaderboard in one of ``FORMATS``: md, csv, tex, html, json or terminal.

    Raises:
        UsageError: If the format is unknown.
    """
    return "".join(in_pieces(board, fmt))


def in_pieces(board: Leaderboard, fmt: str) -> Iterable[str]:
    """The text that `render` gives, in pieces where it may be too long to be held at a time.

    Raises:
        UsageError: If the format is unknown.
    """
    if fmt not in FORMATS:
        raise unknown("format", fmt, FORMATS)
    module = importlib.import_module(f"{__name__}.{FORMATS[fmt]}")
    found: Iterable[str] = module.pieces(board) if hasattr(module, "pieces") else [module.render(board)]
    return found


def write_all(board: Leaderboard, folder: Path, stem: str = STEM) -> list[Path]:
    """Write ``leaderboard.md``, ``.csv``, ``.tex``, ``.html`` and ``.json`` into a folder, each all or nothing.

    Args:
        board: To be written.
        folder: For the files.
        stem: Their name, without the ending.

    Returns:
        The paths written; the folder is made if need be.

    Raises:
        UsageError: If the folder can't be made or written to.
    """
    paths = [folder / f"{stem}.{ending}" for ending in FILE_FORMATS]
    for fmt, path in zip(FILE_FORMATS, paths, strict=True):
        write_text(path, in_pieces(board, fmt))
    return paths
