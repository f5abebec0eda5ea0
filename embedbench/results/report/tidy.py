"""The leaderboard as tidy CSV: raw values, every run."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Iterator

from embedbench.files.spreadsheet import plain_cell
from embedbench.results.board import Leaderboard
from embedbench.results.summary import Row, SummaryTable
from embedbench.results.variants import Run

HEADER = (
    *("table", "dataset", "dataset_fingerprint", "label", "model", "paradigm", "model_class", "latent_dim"),
    *("run_id", "seed", "status", "counts", "error", "parameters", "fit_seconds", "started_at", "finished_at"),
    *("split", "metric", "direction", "value", "se", "low", "high"),
)


def render(board: Leaderboard) -> str:
    """What `pieces` gives, as one text."""
    return "".join(pieces(board))


def pieces(board: Leaderboard) -> Iterator[str]:
    """One line for each run, split and metric, all splits and all metrics, unrounded; a run without metrics has one.

    ``se``, ``low`` and ``high`` are the value's uncertainty over query rows.
    ``counts`` is 1 for the runs that the tables are made of and 0 for those that a later run of the same seed replaced.
    Unknown values are empty. A text that a spreadsheet would take for a formula has an apostrophe before it. Lines come
    run by run: those of thousands are too many to be held at a time.
    """
    yield f"{_joined(HEADER)}\n"
    for table in board.tables:
        for row in table.rows:
            for run in row.runs:
                yield "".join(_lines(table, row, run))


def _lines(table: SummaryTable, row: Row, run: Run) -> Iterator[str]:
    result = run.result
    about = _joined(
        [
            *(table.name, result.dataset, result.dataset_fingerprint, row.label, result.model, result.paradigm),
            *(result.model_class, result.latent_dim, result.run_id, result.seed, result.status, int(run.counts)),
            *(result.error, result.resources.get("parameters"), result.timing.get("fit_seconds")),
            *(result.started_at, result.finished_at),
        ]
    )
    measured = [(split, name, value) for split, metrics in result.metrics.items() for name, value in metrics.items()]
    for split, name, value in measured:
        found = result.uncertainty.get(split, {}).get(name)
        uncertainty = f"{found['se']!r},{found['low']!r},{found['high']!r}" if found else ",,"
        yield f"{about},{_names(split, name, result.directions.get(name, 'none'))},{value!r},{uncertainty}\n"
    if not measured:
        yield f"{about},,,,,,,\n"


@functools.cache
def _names(split: str, name: str, direction: str) -> str:
    """Cells that recur in every run."""
    return _joined((split, name, direction))


def _joined(cells: Iterable[object]) -> str:
    """Cells of one line, quoted where need be."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(plain_cell, cells))
    return out.getvalue()[:-1]
