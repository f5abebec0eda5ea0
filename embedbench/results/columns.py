"""Which metrics a table has, in which order, and which of them a reader sees first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from embedbench.errors import unknown
from embedbench.results.record import Result

# The order of the families that are shipped; a user's own come behind, and are always shown.
_FAMILIES = (
    *("probe", "retrieval", "clustering", "separation", "geometry"),
    *("latent", "generative", "masked", "disentanglement", "words"),
)

HEADLINE = (
    "probe/knn_accuracy",
    "probe/linear_accuracy",
    "probe/knn_r2",
    "probe/linear_r2",
    "retrieval/recall@1",
    "retrieval/map@r",
    "clustering/nmi",
    "clustering/ari",
    "clustering/accuracy",
    "separation/silhouette",
    "geometry/trustworthiness",
    "geometry/continuity",
    "geometry/spearman",
    "latent/effective_rank",
    "generative/log_likelihood",
    "disentanglement/mig",
    "disentanglement/dci",
)

DEFAULT_BY = ("probe/knn_accuracy", "probe/knn_r2", "clustering/nmi", "latent/effective_rank")


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
    return sorted((MetricColumn(name, better) for name, better in found.items()), key=_family_rank)


def shown_columns(known: list[MetricColumn], metrics: list[str] | None) -> list[MetricColumn]:
    """The columns that a reader sees.

    Args:
        known: All columns there are.
        metrics: Metric names or whole families, in the order wanted; ``None`` for the headline metrics and those of a
            user's own families that have a better end, or for every column where no headline metric was measured.

    Raises:
        UsageError: If a name is neither a known metric nor a known family.
    """
    by_name = {column.name: column for column in known}
    if metrics is None:
        own = [
            column for column in known if column.family and column.family not in _FAMILIES and column.better != "none"
        ]
        headline = [by_name[name] for name in HEADLINE if name in by_name]
        return [*headline, *own] if headline else known
    families = {column.family for column in known}
    chosen: dict[str, MetricColumn] = {}
    for name in metrics:
        if name not in by_name and name not in families:
            raise unknown("metric", name, [*by_name, *families])
        chosen.update({column.name: column for column in known if name in (column.name, column.family)})
    return list(chosen.values())


def _family_rank(column: MetricColumn) -> tuple[int, str]:
    rank = _FAMILIES.index(column.family) if column.family in _FAMILIES else len(_FAMILIES)
    return rank, column.family
