"""Which metrics a table has, in which order, and which of them a reader sees first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from embedbench.catalog import LAST, metric_entries
from embedbench.errors import unknown
from embedbench.results.record import Result
from embedbench.types import MetricName


class MetricColumn(NamedTuple):
    """One metric: its full name, such as "probe/knn_accuracy" or "probe/knn_r2:income", and the end that is better."""

    name: str
    better: Literal["higher", "lower", "none"]

    @property
    def family(self) -> str:
        """What stands before the slash; empty without one."""
        return MetricName.of(self.name).family

    @property
    def short(self) -> str:
        """The name within its family, with the further column of labels that it is of."""
        return self.name.removeprefix(f"{self.family}/")

    @property
    def further(self) -> str:
        """The further column of labels that it is of; empty of the label itself."""
        return MetricName.of(self.name).column

    def is_among(self, asked: str) -> bool:
        """Whether a name asks for it: its own, its family's, or either without the further column or with that alone.

        >>> column = MetricColumn("probe/knn_r2:income", "higher")
        >>> [column.is_among(name) for name in ("probe/knn_r2", "probe", "probe:income", "probe/knn_r2:age")]
        [True, True, True, False]
        """
        of_column = f":{self.further}" if self.further else ""
        plain = self.name.removesuffix(of_column)
        return asked in (self.name, plain, self.family, f"{self.family}{of_column}")


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
        metrics: Metric names or whole families, in the order wanted, which further columns of labels go with or, with
            ":" and its name, one of them; ``None`` for the families' headlines, of a family without one those that have
            a better end, or for every column where no headline metric was measured. Of each further column of labels
            one metric then: the first of ``first`` that it has, else of those that files of ``conf/metric`` name.

    Raises:
        UsageError: If a name is neither a known metric nor a known family.
    """
    by_name = {column.name: column for column in known}
    if metrics is None:
        leading = [by_name[name] for name in first if name in by_name]
        usual = [by_name[name] for name in headline() if name in by_name]
        said = {name for name, entry in metric_entries().items() if entry.headline is not None}
        own = [column for column in known if column.family not in {"", *said} and column.better != "none"]
        of_further = _of_further(by_name, first)
        some = leading or usual or of_further
        return [*dict.fromkeys([*leading, *_by_rank([*usual, *of_further, *own])])] if some else known
    there = {column.family for column in known}
    chosen: dict[str, MetricColumn] = {}
    for name in metrics:
        found = {column.name: column for column in known if column.is_among(name)}
        if not found:
            raise unknown("metric", name, [*by_name, *there])
        chosen.update(found)
    return list(chosen.values())


def _of_further(known: Mapping[str, MetricColumn], first: Iterable[str]) -> list[MetricColumn]:
    """One metric of each further column of labels."""
    usual = [f"{family}/{name}" for family, entry in metric_entries().items() for name in entry.further]
    names, found = [*first, *usual], []
    for further in dict.fromkeys(column.further for column in known.values() if column.further):
        found += [known[whole] for name in names if (whole := f"{name}:{further}") in known][:1]
    return found


def headline() -> list[str]:
    """Full names of the metrics that a reader sees first, in the order of a table."""
    entries = sorted(metric_entries().items(), key=lambda item: (item[1].rank, item[0]))
    return [f"{name}/{inner}" for name, entry in entries for inner in entry.headline or ()]


def _by_rank(columns: list[MetricColumn]) -> list[MetricColumn]:
    ranks = {name: entry.rank for name, entry in metric_entries().items()}
    return sorted(columns, key=lambda column: (ranks.get(column.family, LAST), column.family))
