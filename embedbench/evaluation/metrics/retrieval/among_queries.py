"""Rankings of rows among themselves, each without itself: how classes are retrieved that nobody trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.retrieval.ranking import Hits
from embedbench.neighbors.normaliser import Real, parts

_BLOCK = 4_000_000  # distances held at a time (32 MB)
_TIE = 2.0**-40  # of a squared distance


def without_itself(hits: Hits) -> Hits:
    """The hits of queries that are gallery rows themselves, without those.

    A row is at no distance from itself, and equally distant irrelevant rows come first: it is the first relevant one.

    Args:
        hits: Of whole rankings; one class has two rows or more.

    Returns:
        One rank and one relevant row less; ``first`` is infinite where the next relevant row is further down.
    """
    n_queries, width = hits.relevant.shape
    place = np.minimum(hits.first - 1, width - 1)  # beyond, all ranks are of irrelevant copies, of which one goes
    others = np.ones(hits.relevant.shape, bool)
    others[np.arange(n_queries), place] = False
    relevant = hits.relevant[others].reshape(n_queries, width - 1)
    first: NDArray[Any] = np.where(relevant.any(axis=1), relevant.argmax(axis=1) + 1.0, np.inf)
    return Hits(relevant, hits.total - 1, first)


def first_ranks(points: Real, label: NDArray[np.int64], queries: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank of each query's nearest row of its class but itself, from 1, int64 ``(queries,)``; irrelevant ties first.

    Args:
        points: All rows, ``(rows, dim)``.
        label: Class numbers, ``(rows,)``; those of the queries have two rows or more.
        queries: Row numbers.
    """
    wide = points.astype(np.float64)
    squares = np.einsum("ij,ij->i", wide, wide)
    ranks = np.empty(len(queries), np.int64)
    for some in parts((len(queries), len(wide)), _BLOCK):
        rows = queries[some]
        distance = np.maximum(squares[rows, None] + squares - 2 * wide[rows] @ wide.T, 0)
        relevant = label == label[rows, None]
        own = relevant.copy()
        own[np.arange(len(rows)), rows] = False
        nearest = np.where(own, distance, np.inf).min(axis=1, keepdims=True)
        ranks[some] = ((distance <= nearest * (1 + _TIE)) & ~relevant).sum(axis=1) + 1
    return ranks
