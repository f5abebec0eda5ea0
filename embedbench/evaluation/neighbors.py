"""Exact nearest neighbours and k-means: the only door to faiss."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_ITERATIONS = 25


def search(gallery: NDArray[np.float32], query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Row numbers of the k gallery rows nearest to each query row by Euclidean distance, nearest first.

    Args:
        gallery: float32 ``(rows, dim)``.
        query: float32 ``(query rows, dim)``.
        k: In [1, rows].

    Returns:
        int64 ``(query rows, k)``. Below 100 neighbours the earlier of equally distant rows comes first.
    """
    import faiss

    index: NDArray[np.int64] = faiss.knn(query, gallery, k)[1]
    return index


def others(points: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Row numbers of the k rows nearest to each row, itself left out, nearest first.

    Args:
        points: float32 ``(rows, dim)``.
        k: In [1, rows − 1].

    Returns:
        int64 ``(rows, k)``. Of equally distant rows the earlier one comes first, below 100 neighbours.
    """
    found = search(points, points, k + 1)
    itself = found == np.arange(len(points))[:, None]
    itself[~itself.any(axis=1), -1] = True  # behind k rows that equal it, or that rounding brought before it
    kept: NDArray[np.int64] = found[~itself].reshape(len(points), k)
    return kept


class Clusters(NamedTuple):
    """What k-means found.

    Attributes:
        centroids: float32 ``(k, dim)``.
        repaired: How often, over all starts, an empty cluster took a share of a large one.
    """

    centroids: NDArray[np.float32]
    repaired: int


def kmeans(points: NDArray[np.float32], k: int, restarts: int, seed: int) -> NDArray[np.float32]:
    """Centroids of k-means, float32 ``(k, dim)``; see `find_clusters`."""
    return find_clusters(points, k, restarts, seed).centroids


def find_clusters(points: NDArray[np.float32], k: int, restarts: int, seed: int) -> Clusters:
    """The clusters of k-means: of several random starts, the one with the lowest inertia.

    Every point is used in each of 25 iterations (Lloyd, 1982); an empty cluster takes a share of a large one.

    Args:
        points: float32 ``(rows, dim)``.
        k: In [1, rows].
        restarts: Number of starts, at least 1.
        seed: Not negative; the same seed gives the same centroids on the same machine.
    """
    import faiss

    machine = faiss.Kmeans(
        points.shape[1],
        k,
        niter=_ITERATIONS,
        nredo=restarts,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=len(points),
    )
    machine.train(points)
    repaired = sum(int(step["nsplit"]) for step in machine.iteration_stats or [])
    return Clusters(np.asarray(machine.centroids, np.float32), repaired)


def assign(centroids: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.int64]:
    """Number of each point's nearest centroid, int64 ``(rows,)``; the first of equally near ones."""
    return search(centroids, points, 1)[:, 0]
