"""How well rows without labels fall into clusters, as many as their silhouettes ask for."""

from __future__ import annotations

from itertools import combinations
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.clustering.contingency import Contingency
from embedbench.neighbors.internal_indices import internal_indices
from embedbench.neighbors.k_means import assign, kmeans
from embedbench.neighbors.normaliser import Real
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_SAMPLE = 1_000  # gallery rows that clusters are looked for in
_MOST = 10  # clusters
_RESTARTS = 3
_RESAMPLES = 8
_SHARE = 0.8  # of the rows, in each of them


class Chosen(NamedTuple):
    """Clusters of a sample.

    Attributes:
        centroids: ``(k, dim)``.
        stability: Of k-means with as many.
    """

    centroids: Real
    stability: float


@family(
    "clustering",
    {
        "stability": Measure(-0.5, 1, "higher"),
        "best_silhouette": Measure(-1, 1, "higher"),
        "best_silhouette_se": Measure(0, inf, "none"),
        "k": Measure(2, _MOST, "none"),
    },
    needs="unlabelled",
    seeded=True,
    live=False,
)
def unlabelled(space: EmbeddingSpace) -> Values:
    """Clusters of k-means, their number k of 2 to 10 chosen by the highest mean silhouette; of equal ones the smallest.

    Found of rows without labels, and of rows with several each, which are no classes to compare clusters with.
    They are looked for in 1,000 random gallery rows (or all), with 3 starts. ``best_silhouette`` (Rousseeuw, 1987) is
    the mean over query rows, which are assigned to the nearest centroid; of more than 100,000 of a sample, as in
    `clustering`. ``stability`` says whether the same clusters come again: k-means is fitted to 8 random samples of 80 %
    of those rows, each fit assigns all of them, and the mean adjusted Rand index of all 28 pairs of fits is taken
    (Ben-Hur et al., 2002; rows out of a sample are assigned as in Lange et al., 2004; the index is 0 by chance and 1
    for equal clusters). A single cluster can't be chosen: where both are low, there are no such clusters. All is left
    out of fewer than 5 gallery rows or 3 distinct ones, silhouettes where all query rows fall into one cluster. A
    model's own clusters take no part.
    """
    seed = space.protocol.seed
    chosen = space.gallery.once(("clusters chosen", seed), lambda: _choose(space, seed))
    if chosen is None:
        return {}
    found: dict[str, float] = {"stability": chosen.stability, "k": float(len(chosen.centroids))}
    cluster = assign(chosen.centroids, space.points)
    indices = internal_indices(space.query_rows, {"": cluster})[""]
    kept = {f"best_{name}": value for name, value in indices.items() if name.startswith("silhouette")}
    return {**found, **kept}


def _choose(space: EmbeddingSpace, seed: int) -> Chosen | None:
    n_rows = len(space.gallery.rows)
    rng = np.random.default_rng(seed)
    points = space.gallery.take(np.sort(rng.choice(n_rows, min(n_rows, _SAMPLE), replace=False)))
    most = min(_MOST, len(np.unique(points, axis=0)) - 1, int(_SHARE * len(points)) - 2)
    if most < 2:
        return None
    fits = {k: kmeans(points, k, _RESTARTS, seed) for k in range(2, most + 1)}
    groups = {str(k): assign(centroids, points) for k, centroids in fits.items()}
    quality = {k: np.mean(one.get("silhouette", -1)) for k, one in internal_indices(points, groups).items()}
    best = fits[int(max(quality, key=lambda k: quality[k]))]
    return Chosen(best, stability(points, len(best), seed))


def stability(points: Real, k: int, seed: int) -> float:
    """Mean adjusted Rand index of all pairs of 8 k-means fits to random 80 % of the rows ``(rows, dim)``.

    Args:
        points: 5 rows or more.
        k: Clusters, at least 2 and at most 80 % of the rows.
        seed: Of the samples and of k-means.
    """
    rng = np.random.default_rng(seed)
    size = int(_SHARE * len(points))
    samples = [np.sort(rng.choice(len(points), size, replace=False)) for _ in range(_RESAMPLES)]
    found = [assign(kmeans(points[rows], k, _RESTARTS, seed), points) for rows in samples]
    return float(np.mean([Contingency.of(one, other).indices()["ari"] for one, other in combinations(found, 2)]))
