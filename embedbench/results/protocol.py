"""The protocol by which a result was scored: what has to agree for numbers to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from embedbench.results.record import Result

GROUP = "suite"
# The suite's settings that change a number, and their values where a record doesn't give them: records of vectors had
# none once, and older ones lack settings that came later. The seed is what a row averages over, and not among them.
DEFAULTS = {
    "distance": "euclidean",
    "neighbors": 20,
    "index": "auto",
    "kmeans_restarts": 10,
    "kmeans_seeds": 1,
    "importance_samples": 100,
}


def protocol_of(result: Result) -> dict[str, str]:
    """Every setting of the protocol and its value as text; the default one of a setting that isn't recorded."""
    group: Any = result.config.get(GROUP)
    known = group if isinstance(group, dict) else {}
    given = known.get("init_args")
    known = {**known, **given} if isinstance(given, dict) else known
    return {name: str(known.get(name, default)) for name, default in DEFAULTS.items()}


def usual(protocols: Iterable[dict[str, str]]) -> dict[str, str]:
    """The most frequent of them; of equally frequent ones the default protocol, else the first by its values."""
    standard = tuple(str(value) for value in DEFAULTS.values())
    counts = Counter(tuple(one.values()) for one in protocols)
    best = min(counts, key=lambda values: (-counts[values], values != standard, values), default=standard)
    return dict(zip(DEFAULTS, best, strict=True))
