"""Which metrics a table has, in which order, and which of them a reader sees first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from embedbench.catalog import LAST, metric_entries
from embedbench.errors import unknown
from embedbench.results.record import Result


class MetricColumn(NamedTuple):
    """One metric: its full name, such as "probe/knn_accuracy", and the end that is better."""

    name: str
    better: Literal["higher", "lower", "none"]

    @property
    def family(self) -> str:
        """What stands before the slash; empty without one."""
        return self.name.rpartition("/")[0]

    @property
    def short(self) -> str:
        """The name within its family."""
        return self.name.rpartition("/")[2]


def metric_columns(results: Iterable[Result], split: str) -> list[MetricColumn]:
    """Every metric of the results on one split, family by family, in the order in which they were recorded."""
    found: dict[str, Literal["higher", "lower", "none"]] = {}
    seen: set[tuple[int, tuple[str, ...]]] = set()
    for result in results:
        alike = id(result.directions), tuple(result.metrics.get(split, {}))  # most say what another said
        if alike in seen:
            continue
        seen.add(alike)
        for name in alike[1]:
            direction = result.directions.get(name, "none")
            if found.get(name, "none") == "none":
                found[name] = direction
    return _by_rank([MetricColumn(name, better) for name, better in found.items()])


def shown_columns(
    known: list[MetricColumn], metrics: list[str] | None, first: Iterable[str] = ()
) -> list[MetricColumn]:
    """The columns that a reader sees.

    Args:
        known: All columns there are.
        first: Names of those that come first, in this order, unless ``metrics`` are named.
        metrics: Metric names or whole families, in the order wanted; ``None`` for the families' headlines, of a family
            without one those that have a better end, or for every column where no headline metric was measured.

    Raises:
        UsageError: If a name is neither a known metric nor a known family.
    """
    by_name = {column.name: column for column in known}
    if metrics is None:
        leading = [by_name[name] for name in first if name in by_name]
        usual = [by_name[name] for name in headline() if name in by_name]
        said = {name for name, entry in metric_entries().items() if entry.headline is not None}
        own = [column for column in known if column.family not in {"", *said} and column.better != "none"]
        return [*dict.fromkeys([*leading, *_by_rank([*usual, *own])])] if leading or usual else known
    there = {column.family for column in known}
    chosen: dict[str, MetricColumn] = {}
    for name in metrics:
        if name not in by_name and name not in there:
            raise unknown("metric", name, [*by_name, *there])
        chosen.update({column.name: column for column in known if name in (column.name, column.family)})
    return list(chosen.values())


def headline() -> list[str]:
    """Full names of the metrics that a reader sees first, in the order of a table."""
    entries = sorted(metric_entries().items(), key=lambda item: (item[1].rank, item[0]))
    return [f"{name}/{inner}" for name, entry in entries for inner in entry.headline or ()]


def _by_rank(columns: list[MetricColumn]) -> list[MetricColumn]:
    ranks = {name: entry.rank for name, entry in metric_entries().items()}
    return sorted(columns, key=lambda column: (ranks.get(column.family, LAST), column.family))
