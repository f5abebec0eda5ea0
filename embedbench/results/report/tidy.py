"""The leaderboard as tidy CSV: raw values, every run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from embedbench.results.leaderboard import Leaderboard
from embedbench.results.spreadsheet import plain_cell
from embedbench.results.table import Row, Table
from embedbench.results.variants import Run

HEADER = (
    *("table", "dataset", "dataset_fingerprint", "label", "model", "paradigm", "model_class", "latent_dim"),
    *("run_id", "seed", "status", "counts", "error", "parameters", "fit_seconds", "started_at", "finished_at"),
    *("split", "metric", "direction", "value", "se", "low", "high"),
)


def render(board: Leaderboard) -> str:
    """One line for each run, split and metric, all splits and all metrics, unrounded; a run without metrics has one.

    ``se``, ``low`` and ``high`` are the value's uncertainty over query rows.
    ``counts`` is 1 for the runs that the tables are made of and 0 for those that a later run of the same seed replaced.
    Unknown values are empty. A text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for table in board.tables:
        for row in table.rows:
            for run in row.runs:
                writer.writerows(map(plain_cell, line) for line in _lines(table, row, run))
    return out.getvalue()


def _lines(table: Table, row: Row, run: Run) -> Iterator[list[object]]:
    result = run.result
    about = [
        *(table.name, result.dataset, result.dataset_fingerprint, row.label, result.model, result.paradigm),
        *(result.model_class, result.latent_dim, result.run_id, result.seed, result.status, int(run.counts)),
        *(result.error, result.resources.get("parameters"), result.timing.get("fit_seconds")),
        *(result.started_at, result.finished_at),
    ]
    measured = [(split, name, value) for split, metrics in result.metrics.items() for name, value in metrics.items()]
    for split, name, value in measured:
        found = result.uncertainty.get(split, {}).get(name, {})
        uncertainty = [found.get(key) for key in ("se", "low", "high")]
        yield [*about, split, name, result.directions.get(name, "none"), value, *uncertainty]
    if not measured:
        yield [*about, *[""] * 7]
