"""K-means: scikit-learn's for centroids by which embeddings are judged, faiss' for those that a model is made of."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import Real
from embedbench.neighbors.search import Integers, search

_ITERATIONS = 25
_FAR_OFF = 2.0**12  # units of normalised rows
_FARTHEST = 2.0**40  # of what nearly all rows are within
_SMALL = 2.0**-8  # of a cluster beside the distance from the centre
_ALONE = 2**23  # numbers times clusters: of fewer, threads wait for each other longer than they work
_LIMITS = 16_000_000  # distances that Elkan's algorithm remembers, at most: one of each row to each centroid (64 MB)


class Clusters(NamedTuple):
    """What k-means found.

    Attributes:
        centroids: float32 ``(k, dim)``.
        repaired: How often, over all starts, an empty cluster took a share of a large one.
    """

    centroids: NDArray[np.float32]
    repaired: int


def kmeans(points: Real, k: int, restarts: int, seed: int) -> Real:
    """Centroids of k-means by which embeddings are judged: scikit-learn's, of several starts that of lowest inertia.

    Starts by greedy k-means++ (Arthur & Vassilvitskii, 2007), each until no row changes its cluster (or 300
    iterations): a tolerance in units of the variance of all rows would end it early where groups of groups lie far
    apart. By Elkan's algorithm (2003): Lloyd's steps, with fewer distances. Of many rows and clusters by Lloyd's. In
    float64 where means of float32 would be too coarse: beside a few rows that are far off, or within clusters that are
    small beside their distances. Of small data in one thread, which takes a tenth of the processor time of two.

    Args:
        points: float32 or float64 ``(rows, dim)``, as their `Normaliser` makes them.
        k: In [1, rows]; of fewer distinct rows some centroids are equal.
        restarts: Number of starts, at least 1.
        seed: Not negative; the same seed gives the same centroids on the same machine, to rounding.

    Returns:
        ``(k, dim)``, of the points' type or finer.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    algorithm = "elkan" if k > 1 and k * len(points) <= _LIMITS else "lloyd"
    off = np.abs(points).max(axis=1)
    if (off > _FAR_OFF).any():
        # Further off, the mean of all would cost float64 its precision.
        most = _FARTHEST * float(np.quantile(off, 0.99))
        points = np.clip(points.astype(np.float64), -most, most)
    machine = KMeans(k, n_init=restarts, random_state=seed, algorithm=algorithm, tol=0)
    with warnings.catch_warnings(), threadpool_limits(1 if k * points.size <= _ALONE else None):
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than clusters
        machine.fit(points)
        if points.dtype == np.float32 and machine.inertia_ < _SMALL**2 * np.vdot(points, points):
            machine.fit(points.astype(np.float64))
    return np.asarray(machine.cluster_centers_)


def find_clusters(points: NDArray[np.float32], k: int, restarts: int, seed: int) -> Clusters:
    """Clusters that a model is made of, by faiss: of several starts by k-means++, the one with the lowest inertia.

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
        init_method=faiss.ClusteringInitMethod_KMEANS_PLUS_PLUS,
        min_points_per_centroid=1,
        max_points_per_centroid=len(points),
    )
    machine.train(points)
    repaired = sum(int(step["nsplit"]) for step in machine.iteration_stats or [])
    return Clusters(np.asarray(machine.centroids, np.float32), repaired)


def assign(centroids: Real, points: Real) -> Integers:
    """Number of each point's nearest centroid, int64 ``(rows,)``; the first of equally near ones."""
    return search(centroids, points, 1)[:, 0]
