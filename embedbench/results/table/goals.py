"""What a comparison is for: what is measured, what it is sorted by, and what a reader sees first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from embedbench.catalog import describe, find, load_yaml
from embedbench.errors import UsageError, unknown

OVERVIEW = "overview"
_KEYS = ("metrics", "by", "show")


class Goal(NamedTuple):
    """A file ``conf/goal/NAME.yaml``. Metrics that a suite or a table lacks are passed over.

    Attributes:
        name: Of the goal.
        sentence: What is asked.
        metrics: Metrics and families that are measured; all if it names none.
        by: Metrics to sort by: the first that a table has.
        show: Metrics whose columns come first.
    """

    name: str
    sentence: str
    metrics: list[str]
    by: list[str]
    show: list[str]

    def measured(self, known: Iterable[str]) -> list[str]:
        """Those of its metrics that a suite knows.

        Args:
            known: Full names of metrics, such as "probe/knn_accuracy".

        Raises:
            UsageError: If that leaves none of those that it names.
        """
        names = {part for name in known for part in (name, name.partition("/")[0])}
        kept = [name for name in self.metrics if name in names]
        if self.metrics and not kept:
            raise UsageError(f"the goal {self.name!r} measures {', '.join(self.metrics)}, and the suite none of them.")
        return kept


def read_goal(name: str | None) -> Goal:
    """The goal of a name, or in a file of one's own; the overview if there is no name.

    Raises:
        UsageError: If there is none, the nearest known name is given then, or its file has another form.
    """
    path = find("conf/goal", name or OVERVIEW)
    given = load_yaml(path)
    for key in given.keys() - {*_KEYS}:
        raise unknown(f"key in {path}:", key, _KEYS)
    metrics, by, show = (_names(path, key, given.get(key, [])) for key in _KEYS)
    if not by:
        raise UsageError(f"{path} must say what to sort by; write `by: [clustering/nmi]`.")
    return Goal(path.stem, describe(path), metrics, by, show)


def _names(path: Path, key: str, value: Any) -> list[str]:
    if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise UsageError(f"`{key}` of {path} must be a list of metrics such as [clustering/nmi].")
    return value
