"""One data set's table as plain values: rows, columns, cells. Everything is computed here, nothing in a renderer."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from embedbench.catalog import metric_entries
from embedbench.results.record import Result
from embedbench.results.table.columns import MetricColumn, metric_columns
from embedbench.results.table.goals import Goal
from embedbench.results.table.table_notes import input_notes, row_notes, scale_notes
from embedbench.results.table.table_rows import Cell, Row, by_scale
from embedbench.results.table.variants import Variant, variants

_ROOT = 1e150  # squares of more are beyond every float
_UNLABELLED = (
    "sorted by {}, what is kept of the input: whether that is what you look for can't be known without labels."
)
_ROUNDING = 1e-12  # relative: what adding the same seeds in another order may change


class SummaryTable(NamedTuple):
    """All variants on one data set.

    Attributes:
        name: The data set's name, with the fingerprint where one name stands for several contents.
        dataset: The data set's name.
        fingerprint: Its content hash; empty if unknown.
        by: Metric by which the rows are sorted; ``None`` if there is none to sort by.
        columns: Every metric that a row has.
        rows: Best first; rows without the metric ``by`` last.
        notes: What a reader of the numbers should know, one sentence each.
    """

    name: str
    dataset: str
    fingerprint: str
    by: str | None
    columns: list[MetricColumn]
    rows: list[Row]
    notes: list[str]


def build_table(
    name: str, fingerprint: str, results: list[Result], split: str, by: str | None, goal: Goal
) -> SummaryTable:
    """Summarise the results of one data set on one split.

    The best of a column is the highest mean, or the lowest where lower is better; every row that reaches it is best.
    A row is tied with it if ``|mean - best mean| <= sd / sqrt(n)``, with sd and n of the best row (the largest standard
    error if several are best); for n = 1 that error is the one over query rows, or 0 where there is none, so that only
    an equal mean would do, and that one is best itself. Rows that see the labels or were scored by another protocol
    than most, and columns whose direction is "none", take no part, nor the input itself in what compares with it. Of a
    family whose rows are measured on several scales, such as densities and probabilities, each scale has its best.

    Args:
        name: What to call the table.
        fingerprint: Content hash of the data; empty if unknown.
        results: One or more, all of this data set.
        split: The split whose metrics are shown.
        by: Metric to sort by; ``None``, or one that no row has, for the first of the goal's that a row has.
        goal: What the table is for.
    """
    rows = [_row(variant, split) for variant in variants(results)]
    counted = [run.result for row in rows for run in row.runs if run.counts]
    known = {column.name: column for column in metric_columns(counted, split)}
    compared = _of_input(known)
    for column in known.values():
        for alike in by_scale(rows, column.family).values():
            _mark_best(column, alike, column.name in compared)
    chosen = next((metric for metric in (by, *goal.by) if metric in known), None)
    ordered = _sorted(rows, known[chosen] if chosen else None)
    families = dict.fromkeys(column.family for column in known.values())
    notes = [*input_notes(rows, compared), *scale_notes(ordered, families), *row_notes(ordered)]
    if by is None and chosen in compared:
        notes.append(_UNLABELLED.format(chosen))
    return SummaryTable(name, results[0].dataset, fingerprint, chosen, list(known.values()), ordered, notes)


def _of_input(names: Iterable[str]) -> set[str]:
    """Those of some metrics that compare with the input."""
    families = {family for family, entry in metric_entries().items() if entry.of_input}
    return {name for name in names if name.rpartition("/")[0] in families}


def _row(variant: Variant, split: str) -> Row:
    finished = [run.result for run in variant.runs if run.counts and run.result.status == "finished"]
    parameters = [count for r in finished if isinstance(count := r.resources.get("parameters"), int)]
    seconds = [r.timing["fit_seconds"] for r in finished if "fit_seconds" in r.timing]
    return Row(
        label=variant.label,
        paradigm=(finished or [run.result for run in variant.runs])[-1].paradigm,
        latent_dim=variant.latent_dim,
        n=len(finished),
        parameters=parameters[-1] if parameters else None,
        fit_seconds=_mean(seconds) if seconds else None,
        sees_labels=any(run.result.config.get("sees_labels") is True for run in variant.runs),
        is_input=any(run.result.config.get("is_input") is True for run in variant.runs),
        verified=all(result.dataset_fingerprint for result in finished),
        protocol=variant.protocol,
        scales=finished[-1].scales if finished else {},
        cells={name: _cell(name, seen, finished, split) for name, seen in _values(finished, split).items()},
        runs=variant.runs,
    )


def _values(finished: list[Result], split: str) -> Mapping[str, Sequence[float]]:
    """The values of each metric, in the order of the runs."""
    measured = [result.metrics.get(split, {}) for result in finished]
    names = [*measured[0]] if measured else []
    if all([*one] == names for one in measured):  # as of most rows
        return dict(zip(names, zip(*(one.values() for one in measured), strict=True), strict=True))
    values: dict[str, list[float]] = {}
    for one in measured:
        for name, value in one.items():
            values.setdefault(name, []).append(value)
    return values


def _cell(name: str, values: Sequence[float], finished: list[Result], split: str) -> Cell:
    """Of the values of each seed; of one alone with its standard error over query rows."""
    mean, n = _mean(values), len(values)
    if n > 1:
        return Cell(mean, _spread(values, mean), n)
    known = (result.uncertainty.get(split, {}) for result in reversed(finished))
    return Cell(mean, None, n, se=next((found[name]["se"] for found in known if name in found), None))


def _spread(values: Sequence[float], mean: float) -> float:
    """Standard deviation, n - 1 in the denominator."""
    top = max(map(abs, values))
    if top > _ROOT:
        return min(top * _spread([value / top for value in values], mean / top), sys.float_info.max)
    return math.sqrt(math.fsum([(value - mean) ** 2 for value in values]) / (len(values) - 1))


def _mean(values: Sequence[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except OverflowError:  # the sum is beyond every float
        return math.fsum(value / len(values) for value in values)


def _mark_best(column: MetricColumn, rows: list[Row], of_input: bool) -> None:
    """Set ``best`` and ``tied`` in a column, which may compare with the input, by the rule of `build_table`."""
    name = column.name
    rivals = [row for row in rows if name in row.cells and not row.sees_labels and not row.protocol]
    if of_input:
        rivals = [row for row in rivals if not row.is_input]
    if column.better == "none" or not rivals:
        return
    pick = max if column.better == "higher" else min
    best = pick(row.cells[name].mean for row in rivals)
    slack = _ROUNDING * abs(best)
    winners = [row.cells[name] for row in rivals if abs(row.cells[name].mean - best) <= slack]
    error = max(cell.error for cell in winners)
    for row in rivals:
        gap = abs(row.cells[name].mean - best)
        if gap <= error + slack:  # of thousands few
            row.cells[name] = row.cells[name]._replace(best=gap <= slack, tied=slack < gap)


def _sorted(rows: list[Row], by: MetricColumn | None) -> list[Row]:
    """Best first (highest first where neither end is better), rows without the metric last, equals by label.

    Rows on several scales come scale by scale, that of most rows first.
    """
    if by is None:
        return sorted(rows, key=lambda row: row.label)
    sign = 1 if by.better == "lower" else -1
    scales = {name: (-len(alike), name) for name, alike in by_scale(rows, by.family).items()}

    def rank(row: Row) -> tuple[bool, tuple[int, str], float, str]:
        cell = row.cells.get(by.name)
        return cell is None, scales[row.scales.get(by.family, "")], sign * cell.mean if cell else 0.0, row.label

    return sorted(rows, key=rank)
