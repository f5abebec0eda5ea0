"""The leaderboard for a terminal, whatever its width."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from embedbench.results.report.base import BEST, NOTHING, TIED, TextCell, TextTable, grids, problem_lines
from embedbench.results.table.board import Leaderboard
from embedbench.say import terminal_width

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

_GAP = 2  # blanks between two columns
_MODEL = 0.4  # of the width: a longer name is folded
_STYLES = {"": "", "best": "bold", "tied": "underline"}
_SIGNS = {"": "", "best": "**", "tied": "_"}


def render(board: Leaderboard) -> str:
    """Tables no wider than the terminal; a wide one is cut between metric families, the models repeated.

    Where not even one column fits beside the models, each model is a block of lines. No value is cut or left out.

    On a terminal the best is bold and what is within its standard error underlined; anywhere else, such as in a pipe,
    they are written ``**best**`` and ``_tied_``, without escape codes.
    """
    return in_width(grids(board), [*problem_lines(board), *([] if board.tables else [NOTHING])])


def in_width(tables: Iterable[TextTable], lines: Iterable[str]) -> str:
    """Tables and lines under them, as `render` shows those of a leaderboard."""
    from rich.console import Console

    styled = sys.stdout.isatty()
    out = io.StringIO()
    console = Console(
        file=out,
        width=terminal_width(),
        force_terminal=styled,
        color_system="standard" if styled else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for grid in tables:
        _print(console, grid, styled)
    for line in lines:
        console.print(line)
    return out.getvalue()


def _print(console: Console, grid: TextTable, styled: bool) -> None:
    """Print one grid: its title, its parts one under the other, its legend and notes."""
    console.print(_dress(TextCell(grid.title), styled, "bold"))
    room = console.width - _model_width(grid, console.width)
    if max(_width(grid, column) for column in range(1, len(grid.headers))) > room:
        _print_blocks(console, grid, styled)
    else:
        for part in _parts(grid, room):
            console.print(_table(grid, part, styled, console.width - room - _GAP))
            console.print()
    marks = [_dress(TextCell(BEST, "best"), styled), ", ", _dress(TextCell(TIED, "tied"), styled), "; "]
    console.print(*(marks if grid.ranks else []), f"{grid.legend}.", sep="")
    for note in grid.notes:
        console.print(note)
    console.print()


def _model_width(grid: TextTable, width: int) -> int:
    return min(_width(grid, 0), int(_MODEL * width) + _GAP)


def _print_blocks(console: Console, grid: TextTable, styled: bool) -> None:
    """Prints a line a value under each model, or two where they don't fit beside each other."""
    from rich.cells import cell_len
    from rich.padding import Padding

    names = [f"{h.family}/{h.name}" if h.family not in ("", "run") else h.name for h in grid.headers]
    longest = max(map(cell_len, names[1:])) + _GAP
    beside = longest + max(_width(grid, column) for column in range(1, len(names))) <= console.width
    for row in grid.rows:
        console.print(_dress(row[0], styled, "bold"))
        for name, cell in zip(names[1:], row[1:], strict=True):
            value = _dress(cell, styled)
            if beside:
                console.print(name + " " * (longest - cell_len(name)), value, sep="")
            else:
                console.print(name)
                console.print(Padding(value, (0, 0, 0, _GAP)))
        console.print()


def _parts(grid: TextTable, room: int) -> list[list[int]]:
    """Columns of each part, the model's not among them: whole families, as many as fit beside the model."""
    families = [list(part) for _, part in groupby(range(1, len(grid.headers)), key=lambda c: grid.headers[c].family)]
    parts: list[list[int]] = [[]]
    for family in families:
        for piece in _pieces(grid, family, room):
            if parts[-1] and sum(_width(grid, column) for column in parts[-1] + piece) > room:
                parts.append([])
            parts[-1].extend(piece)
    return parts


def _pieces(grid: TextTable, family: list[int], room: int) -> list[list[int]]:
    """The family as one piece, or column by column if it is too wide for one part."""
    fits = sum(_width(grid, column) for column in family) <= room
    return [family] if fits else [[column] for column in family]


def _width(grid: TextTable, column: int) -> int:
    from rich.cells import cell_len

    header = grid.headers[column]
    texts = [cell_len(row[column].text) + 2 * len(_SIGNS[row[column].stress]) for row in grid.rows]
    return max(cell_len(header.family), cell_len(header.name), *texts) + _GAP


def _table(grid: TextTable, part: list[int], styled: bool, model_width: int) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable

    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="", padding=(0, 1, 0, 0))
    table.add_column("\n" + grid.headers[0].name, overflow="fold", max_width=model_width)
    before = ""
    for column in part:
        family, name, numeric = grid.headers[column]
        heading = f"{'' if family == before else family}\n{name}"
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
        before = family
    for row in grid.rows:
        table.add_row(*(_dress(row[column], styled) for column in [0, *part]))
    return table


def _dress(cell: TextCell, styled: bool, style: str = "") -> RichText:
    from rich.text import Text as RichText

    if styled:
        return RichText().append(cell.text, _STYLES[cell.stress] or style)  # the blanks beside it stay as they are
    sign = _SIGNS[cell.stress]
    return RichText(f"{sign}{cell.text}{sign}")
