"""The leaderboard as GitHub-flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from embedbench.results.report.base import BEST, NOTHING, TIED, Header, TextCell, TextTable, grids, problem_lines
from embedbench.results.table.board import Leaderboard

_TAGS = {"": ("", ""), "best": ("**", "**"), "tied": ("<ins>", "</ins>")}


def render(board: Leaderboard) -> str:
    """One heading and one pipe table for each data set; the best is bold, what is tied with it underlined."""
    return sections(grids(board), problem_lines(board))


def sections(tables: list[TextTable], said: Iterable[str]) -> str:
    """A heading and a pipe table for each of some tables, and what is said under all."""
    parts = [_section(grid) for grid in tables] or [f"{NOTHING}\n"]
    return "\n".join([*parts, *(f"- {_escape(line)}\n" for line in said)])


def _section(grid: TextTable) -> str:
    lines = [
        f"### {_escape(grid.title)}",
        "",
        _line([_header(header) for header in grid.headers]),
        _line(["---:" if header.numeric else ":---" for header in grid.headers]),
        *(_line([_dress(cell) for cell in row]) for row in grid.rows),
        "",
        (f"**{BEST}**, <ins>{TIED}</ins>; " if grid.ranks else "") + f"{grid.legend}.",
        "",
        *(f"- {_escape(note)}" for note in grid.notes),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _header(header: Header) -> str:
    return f"{_escape(header.family)}<br>{_escape(header.name)}" if header.family else _escape(header.name)


def _dress(cell: TextCell) -> str:
    opening, closing = _TAGS[cell.stress]
    return f"{opening}{_escape(cell.text)}{closing}"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&$])", r"\\\1", " ".join(text.split()))
