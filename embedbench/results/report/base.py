"""A leaderboard as text cells: what all formats for readers share, so that each of them only dresses it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from embedbench.results.read import first_few
from embedbench.results.table.board import Leaderboard
from embedbench.results.table.columns import MetricColumn
from embedbench.results.table.summary import SummaryTable
from embedbench.results.table.table_rows import Cell, Row
from embedbench.results.table.variants import fold_of
from embedbench.say import visible

MISSING = "–"
BEST = "best"
TIED = "within one standard error of the best"
NOTHING = "No results."

_ARROWS = {"higher": " ↑", "lower": " ↓", "none": ""}


class Header(NamedTuple):
    """Head of a column.

    Attributes:
        family: The metric's family; "" for the model, "run" for what isn't a metric.
        name: Its name within the family, with an arrow to the better end.
        numeric: Whether the column holds numbers, set flush right.
    """

    family: str
    name: str
    numeric: bool


class TextCell(NamedTuple):
    """One cell: what to show, how to stress it, and the value to sort by (``None`` if missing)."""

    text: str
    stress: Literal["", "best", "tied"] = ""
    value: float | str | None = None


class TextTable(NamedTuple):
    """One table: ``rows`` has the shape ``(rows, columns)``, the first column is the model, the legend explains ±.

    ``ranks`` says whether its columns have a best cell.
    """

    title: str
    headers: list[Header]
    rows: list[list[TextCell]]
    notes: list[str]
    legend: str
    ranks: bool = True


_ABOUT = (
    Header("run", "paradigm", False),
    *(Header("run", name, True) for name in ("n", "latent size", "parameters", "fit seconds")),
)


def grids(board: Leaderboard) -> list[TextTable]:
    """The tables of a leaderboard as text.

    A cell reads ``mean ± standard deviation``, of one seed ``value ± standard error over queries`` (or the value alone
    where that is unknown), followed by ``(n)`` where fewer or more seeds have the metric than the row's n says. The
    decimals are those that the largest mean of the column needs.
    """
    return [_grid(table, board.shown(table), board.split) for table in board.tables]


def problem_lines(board: Leaderboard) -> list[str]:
    """One line for each of the first files that were skipped, how many more there are, and what never finished."""
    lines = [_plain(f"Skipped: {problem}") for problem in first_few(board.problems)]
    return [*lines, _stale(board.stale)] if board.stale else lines


def _stale(folders: list[Path]) -> str:
    """How many runs never finished, which, and how to go on."""
    what = "1 run" if len(folders) == 1 else f"{len(folders):,} runs"
    return _plain(
        f"Stale: {what} never finished, and no process works on it any more: "
        f"{', '.join(first_few([str(one) for one in folders]))}; give the same command again, or delete the folder."
    )


def _plain(text: str) -> str:
    """A sentence on one line."""
    return visible(" ".join(text.split()))


def _grid(table: SummaryTable, shown: list[MetricColumn], split: str) -> TextTable:
    metrics = [Header(visible(column.family), visible(column.short) + _ARROWS[column.better], True) for column in shown]
    headers = [Header("", "model", False), *metrics, *_ABOUT]
    digits = {column.name: _digits(table, column) for column in shown}
    rows = [
        [_model(row), *(_metric(row.cells.get(name), row.n, digits[name]) for name in digits), *_about(row)]
        for row in table.rows
    ]
    title = f"{table.name}, {split} split" + (f", sorted by {table.by}" if table.by else "")
    return TextTable(visible(title), headers, rows, [_plain(note) for note in table.notes], _legend(table, shown))


def _legend(table: SummaryTable, shown: list[MetricColumn]) -> str:
    """What stands behind ±."""
    cells = [row.cells[column.name] for row in table.rows for column in shown if column.name in row.cells]
    single = any(cell.se is not None for cell in cells)
    folds = any(fold_of(run.result) is not None for row in table.rows for run in row.runs)
    over = "mean ± sd over n runs" if folds else "mean ± sd over n seeds"
    return over + ("; where n = 1, ± is the standard error over queries" if single else "")


def _digits(table: SummaryTable, column: MetricColumn) -> int:
    """Decimals: 3 below 10, 2 below 100, else 1."""
    top = max((abs(row.cells[column.name].mean) for row in table.rows if column.name in row.cells), default=0.0)
    return 3 if top < 10 else 2 if top < 100 else 1


def _model(row: Row) -> TextCell:
    marks = ("*" if row.sees_labels else "") + ("§" if row.is_input else "")
    marks += ("" if row.verified else "†") + ("‡" if row.protocol else "")
    return TextCell(visible(f"{row.label} {marks}".rstrip()), value=visible(row.label))


def _metric(cell: Cell | None, n: int, digits: int) -> TextCell:
    if cell is None:
        return TextCell(MISSING)
    text = f"{cell.mean:.{digits}f}"
    spread = cell.se if cell.sd is None else cell.sd
    if spread is not None:
        text += f" ± {spread:.{digits}f}"
    if cell.n != n:
        text += f" ({cell.n})"
    return TextCell(text, "best" if cell.best else "tied" if cell.tied else "", cell.mean)


def _about(row: Row) -> list[TextCell]:
    return [
        TextCell(visible(row.paradigm), value=visible(row.paradigm)),
        TextCell(str(row.n), value=row.n),
        _number(row.latent_dim, "d"),
        _number(row.parameters, ",d"),
        _number(row.fit_seconds, ",.0f" if (row.fit_seconds or 0.0) >= 100 else ".2f"),
    ]


def _number(value: float | None, form: str) -> TextCell:
    return TextCell(MISSING) if value is None else TextCell(format(value, form), value=value)
