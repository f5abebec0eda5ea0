"""The leaderboard as tidy CSV: raw values, every run."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from operator import itemgetter

from embedbench.files.spreadsheet import plain_cell
from embedbench.results.fast_json import written
from embedbench.results.table.board import Leaderboard
from embedbench.results.table.summary import SummaryTable
from embedbench.results.table.table_rows import Row
from embedbench.results.table.variants import Run, fold_of

HEADER = (
    *("table", "dataset", "dataset_fingerprint", "label", "model", "paradigm", "model_class", "latent_dim"),
    *("run_id", "seed", "fold", "status", "counts", "error", "parameters", "fit_seconds", "fit_cpu_seconds"),
    *("started_at", "finished_at"),
    *("split", "metric", "direction", "value", "se", "low", "high"),
)
_ENDS = itemgetter("se", "low", "high")


def render(board: Leaderboard) -> str:
    """What `pieces` gives, as one text."""
    return "".join(pieces(board))


def pieces(board: Leaderboard) -> Iterator[str]:
    """One line for each run, split and metric, all splits and all metrics, unrounded; a run without metrics has one.

    ``se``, ``low`` and ``high`` are the value's uncertainty over query rows.
    ``fold`` is the one that was tested, from 1, of runs that divide their rows into folds.
    ``counts`` is 1 for the runs that the tables are made of and 0 for those that a later run of the same seed replaced.
    Unknown values are empty. A text that a spreadsheet would take for a formula has an apostrophe before it. Lines come
    run by run: those of thousands are too many to be held at a time.
    """
    yield f"{_joined(HEADER)}\n"
    for table in board.tables:
        for row in table.rows:
            for run in row.runs:
                yield _lines(table, row, run)


def _lines(table: SummaryTable, row: Row, run: Run) -> str:
    result = run.result
    about = _joined(
        [
            *(table.name, result.dataset, result.dataset_fingerprint, row.label, result.model, result.paradigm),
            *(result.model_class, result.latent_dim, result.run_id, result.seed, fold_of(result), result.status),
            int(run.counts),
            *(result.error, result.resources.get("parameters"), result.timing.get("fit_seconds")),
            *(result.timing.get("fit_cpu_seconds"), result.started_at, result.finished_at),
        ]
    )
    if not any(result.metrics.values()):
        return f"{about},,,,,,,\n"
    found = [result.uncertainty.get(split, {}) for split in result.metrics]
    names = [*zip(result.metrics, map(tuple, result.metrics.values()), map(tuple, found), strict=True)]
    directions = map(result.directions.get, chain.from_iterable(measured for _, measured, _ in names))
    values = chain.from_iterable(measured.values() for measured in result.metrics.values())
    uncertainties = chain.from_iterable(map(_ENDS, chain.from_iterable(one.values() for one in found)))
    template, pick = _layout(tuple(names), tuple(directions))
    return template % pick([about, *written([*values, *uncertainties])])


@functools.lru_cache(maxsize=64)
def _layout(
    names: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...], directions: tuple[str | None, ...]
) -> tuple[str, Callable[[list[str]], tuple[str, ...]]]:
    """The lines of a run as a template, since most runs have the same metrics, and what picks the texts to fill it.

    Args:
        names: Split, its metrics, and those of known uncertainty.
        directions: Of the metrics of all splits.

    Returns:
        A template and a function of a list: cells that all lines begin with, then values, then uncertainties.
    """
    better = iter(directions)
    lines, order, end = [], [], 1 + len(directions)
    for split, measured, uncertain in names:
        ends = {name: end + 3 * number for number, name in enumerate(uncertain)}
        end += 3 * len(uncertain)
        for name in measured:
            said = _joined((split, name, next(better) or "none")).replace("%", "%%")
            lines.append(f"%s,{said},%s,{'%s,%s,%s' if name in ends else ',,'}\n")
            order += [0, len(lines), *(range(ends[name], ends[name] + 3) if name in ends else ())]
    return "".join(lines), itemgetter(*order)


def _joined(cells: Iterable[object]) -> str:
    """Cells of one line, quoted where need be."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(plain_cell, cells))
    return out.getvalue()[:-1]
