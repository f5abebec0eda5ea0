"""How compact and how far apart groups of rows are."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from embedbench.types import Measure

_BLOCK = 2_000_000  # distances held at a time (16 MB)
COHESION = {
    "silhouette": Measure(-1, 1, "higher"),
    "calinski_harabasz": Measure(0, inf, "higher"),
    "davies_bouldin": Measure(0, inf, "lower"),
}


def cohesion(points: NDArray[np.float32], group: NDArray[np.int64]) -> dict[str, float]:
    """Silhouette, Calinski-Harabasz and Davies-Bouldin index of rows in groups.

    Sources: Rousseeuw (1987), Caliński & Harabasz (1974), Davies & Bouldin (1979). Where rows of a group coincide, the
    second is 1 if no group spreads at all, and the third is 0 if the groups have one centre, as in scikit-learn.

    Args:
        points: float32 ``(rows, dim)``.
        group: Group numbers, int64 ``(rows,)``.

    Returns:
        The three, or nothing unless there are at least 2 groups and fewer groups than rows.
    """
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    if not 1 < len(np.unique(group)) < len(group):
        return {}
    exact = points.astype(np.float64)
    return {
        "silhouette": silhouette(exact, group),
        "calinski_harabasz": float(calinski_harabasz_score(exact, group)),
        "davies_bouldin": float(davies_bouldin_score(exact, group)),
    }


def silhouette(points: NDArray[np.float64], group: NDArray[np.int64]) -> float:
    """Mean of ``(b - a) / max(a, b)`` in [-1, 1], higher is better (Rousseeuw, 1987).

    a is a row's mean distance to the others of its group, b the least mean distance to another group; a row alone in
    its group, or with a = b = 0, counts 0. Blockwise: memory grows with the rows, not with their square.

    Args:
        points: float64 ``(rows, dim)``.
        group: Group numbers of at least 2 groups, int64 ``(rows,)``.
    """
    names, number = np.unique(group, return_inverse=True)
    belongs = np.eye(len(names))[number]  # (rows, groups)
    sizes = belongs.sum(axis=0)
    squares = np.einsum("ij,ij->i", points, points)
    step = max(1, _BLOCK // len(points))
    total = 0.0
    for start in range(0, len(points), step):
        block = np.arange(start, min(start + step, len(points)))
        own = (np.arange(len(block)), number[block])
        distances = points[block] @ points.T
        distances *= -2
        distances += squares
        distances += squares[block, None]
        np.sqrt(np.maximum(distances, 0, out=distances), out=distances)
        sums = distances @ belongs  # (batch, groups)
        others = sizes[own[1]] - 1
        within = sums[own] / np.maximum(others, 1)
        means = sums / sizes
        means[own] = np.inf
        between = means.min(axis=1)
        largest = np.maximum(within, between)
        valid = (others > 0) & (largest > 0)
        total += float(((between - within)[valid] / largest[valid]).sum())
    return total / len(points)
