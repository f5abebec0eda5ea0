"""Which metrics a suite is asked for, of the label and of further columns of labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from embedbench.errors import UsageError, unknown
from embedbench.evaluation.metrics.base import Family


class MetricChoice(NamedTuple):
    """Full names of metrics, such as "probe/knn_accuracy".

    Attributes:
        names: Those of the label, and of every further column that has them.
        of_column: Those of single columns, by the column.
    """

    names: frozenset[str]
    of_column: dict[str, frozenset[str]]

    def of(self, column: str = "") -> frozenset[str]:
        """Those of one column; of the label unless one is named."""
        return self.names | self.of_column.get(column, frozenset())

    def listed(self) -> list[str]:
        """All of them, as a user names them."""
        return sorted([*self.names, *(f"{name}:{column}" for column, of in self.of_column.items() for name in of)])

    def any_of(self, family: str) -> bool:
        """Whether one of a family is among them."""
        return any(name.partition("/")[0] == family for name in self.names.union(*self.of_column.values()))

    def check_columns(self, known: Collection[str]) -> None:
        """Refuses columns that aren't set aside.

        Raises:
            UsageError: If there is one; the nearest is named.
        """
        for column in self.of_column:
            if column not in known and known:
                raise unknown("column of --suite.metrics", column, known)
            if column not in known:
                raise UsageError(
                    f"--suite.metrics names the column {column!r}, but no column is set aside; add --data.probe "
                    f"[{column}]."
                )


def chosen(families: Iterable[Family], metrics: Iterable[str] | None) -> MetricChoice:
    """The metrics of families that names choose: "clustering", "clustering/nmi", or either with ":" and a column.

    Args:
        families: That there are.
        metrics: Names; ``None`` chooses all.

    Raises:
        UsageError: If a name is unknown, or there is none.
    """
    families = list(families)
    known = {family.name for family in families}
    full = {f"{family.name}/{name}" for family in families for name in family.measures}
    if metrics is None:
        return MetricChoice(frozenset(full), {})
    names: dict[str, set[str]] = {}
    for metric in metrics:
        name, _, column = metric.partition(":")
        if name not in known and name not in full:
            raise unknown("metric", metric, {*known, *full})
        names.setdefault(column, set()).update(one for one in full if name in (one, one.partition("/")[0]))
    if not names:
        raise UsageError("`metrics` must name at least one metric, got an empty list; leave it out for all.")
    every = frozenset(names.pop("", ()))
    return MetricChoice(every, {column: frozenset(found) for column, found in names.items()})
