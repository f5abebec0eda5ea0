"""What two embeddings of the same rows have in common: their clusters and their nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, combinations_with_replacement, product
from typing import NamedTuple

import numpy as np

from embedbench.errors import UsageError
from embedbench.evaluation.metrics.clustering.contingency import Contingency
from embedbench.evaluation.rows import Integers, Rows
from embedbench.evaluation.space import Distance, EmbeddingSpace, EvaluationSettings, Gallery
from embedbench.neighbors.k_means import assign, kmeans

NEIGHBORS = 10
MOST_ROWS = 10_000  # that are compared
_SEED = 0  # of the sample of rows


class Structure(NamedTuple):
    """What one embedding says of some rows.

    Attributes:
        clusters: Number of each row's cluster, ``(rows,)``.
        neighbors: Numbers of each row's nearest other rows, ``(rows, k)``.
    """

    clusters: Integers
    neighbors: Integers


def compared_rows(n_rows: int) -> Integers:
    """Numbers of the rows that are compared: all up to 10,000; of more, that many at random, in order, ``(rows,)``."""
    if n_rows <= MOST_ROWS:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(_SEED).choice(n_rows, MOST_ROWS, replace=False))


def compared_neighbors(n_rows: int) -> int:
    """How many nearest rows are compared: 10, and of few rows less than half of the others, lest all be in common.

    Raises:
        UsageError: If there are fewer than 3 rows.
    """
    if n_rows < 3:
        raise UsageError(f"rows that are compared must be 3 or more, got {n_rows}; test more rows.")
    return min(NEIGHBORS, (n_rows - 1) // 2)


def structure(rows: Rows, clusters: int, restarts: int, seed: int, distance: Distance) -> Structure:
    """The clusters of rows and their nearest neighbours among each other.

    Args:
        rows: With the model's own clusters, if it gives any; else these are those of k-means, fitted to the rows.
        clusters: Of k-means; as many as there are rows, if those are fewer.
        restarts: Starts of k-means, of which the one of lowest inertia counts.
        seed: Of k-means.
        distance: As a suite has it.
    """
    n_rows, k = len(rows), compared_neighbors(len(rows))
    gallery = Gallery(rows, distance)
    space = EmbeddingSpace(gallery, rows, EvaluationSettings(k, restarts, seed, search="flat"), among_queries=True)
    found = space.neighbors(k + 1)
    others = found != np.arange(n_rows)[:, None]
    others[others.all(axis=1), -1] = False  # beyond k copies that come first
    own = rows.clusters
    if own is None:
        own = assign(kmeans(gallery.points, min(clusters, n_rows), restarts, seed), gallery.points)
    return Structure(own, found[others].reshape(n_rows, k))


def agreement(one: Structure, other: Structure) -> dict[str, float]:
    """How far two embeddings of the same rows agree, whichever is named first.

    ``ari`` and ``ami`` compare the clusters: adjusted Rand index (Hubert & Arabie, 1985), in [-0.5, 1], and adjusted
    mutual information (Vinh et al., 2010), in [-1, 1], both 0 by chance and 1 for equal clusters. ``neighbors``, in
    [0, 1], is the mean share of the k nearest rows that a row has in both, k over the number of other rows by chance.
    Of all three higher is better.
    """
    indices = Contingency.of(one.clusters, other.clusters).indices()
    common = one.neighbors[:, :, None] == other.neighbors[:, None, :]  # (rows, k, k)
    return {"ari": indices["ari"], "ami": indices["ami"], "neighbors": float(common.any(axis=2).mean())}


def agreements(
    runs: Mapping[str, Sequence[tuple[int | None, Structure]]],
) -> dict[tuple[str, str], list[dict[str, float]]]:
    """How far the runs of each two models agree, and those of a model with each other; pairs without any are left out.

    Args:
        runs: Fold (``None`` without folds) and structure of each run, by model. Runs of two folds are of other rows and
            aren't compared.

    Returns:
        By two models, in the order given: `agreement` of each pair of a run of each, of one model of each two of its
        runs.
    """
    found = {}
    for one, other in combinations_with_replacement(runs, 2):
        pairs = combinations(runs[one], 2) if one == other else product(runs[one], runs[other])
        values = [agreement(a, b) for (fold, a), (other_fold, b) in pairs if fold == other_fold]
        if values:
            found[one, other] = values
    return found
