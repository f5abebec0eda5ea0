"""The whole ranking that retrieval metrics need, without ever holding an index array."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4_000_000  # distances held by one worker at a time (16 MB)
_WORKERS = 8
DEPTH = 10  # ranks looked at, even where fewer rows are relevant
_NEAREST = np.finfo(np.float32).tiny  # a positive float sorts like the integer of its bits


class Hits(NamedTuple):
    """How the gallery ranks for some queries of one class.

    Attributes:
        relevant: Whether the gallery row at each rank has the query's class, nearest first, bool
            ``(batch, min(max(total, 10), gallery rows))``.
        total: Gallery rows of the class, at least 1.
        first: Rank of the nearest relevant row, from 1, int64 ``(batch,)``.
    """

    relevant: NDArray[np.bool_]
    total: int
    first: NDArray[np.int64]


class _Sorted(NamedTuple):
    """The gallery in the order of its labels, so that one class is one slice."""

    points: NDArray[np.float32]
    squares: NDArray[np.float32]
    label: NDArray[np.int64]


def score_queries(
    gallery: NDArray[np.float32],
    gallery_label: NDArray[np.int64],
    query: NDArray[np.float32],
    query_label: NDArray[np.int64],
    score: Callable[[Hits], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Ranks the gallery for each query by Euclidean distance and scores what comes first.

    Of equally distant rows (within one unit in the last place of the float32 squared distance) the irrelevant come
    first, so that ties are never flattering. A query whose class the gallery lacks scores 0.

    Args:
        gallery: float32 ``(rows, dim)``.
        gallery_label: Class numbers, int64 ``(rows,)``.
        query: float32 ``(query rows, dim)``.
        query_label: Class numbers, int64 ``(query rows,)``.
        score: Turns the hits of a batch into numbers, float64 ``(batch, measures)``; called in several threads.

    Returns:
        float64 ``(query rows, measures)``.
    """
    from threadpoolctl import threadpool_limits

    order = np.argsort(gallery_label, kind="stable")
    points = gallery[order]
    held = _Sorted(points, np.einsum("ij,ij->i", points, points), gallery_label[order])
    size = max(1, _BLOCK // len(points))
    batches = [
        members[start : start + size]
        for label in np.intersect1d(query_label, gallery_label)
        for members in [np.flatnonzero(query_label == label)]
        for start in range(0, len(members), size)
    ]
    work = partial(_score_batch, held, query, query_label, score)
    # One thread of linear algebra a worker: the passes after the product then run in parallel too.
    with threadpool_limits(1), ThreadPoolExecutor(min(os.cpu_count() or 1, _WORKERS)) as pool:
        parts = list(pool.map(work, batches))
    width = parts[0].shape[1] if parts else score(Hits(np.zeros((1, 1), bool), 1, np.ones(1, np.int64))).shape[1]
    scores = np.zeros((len(query), width))
    for batch, part in zip(batches, parts, strict=True):
        scores[batch] = part
    return scores


def _score_batch(
    held: _Sorted,
    query: NDArray[np.float32],
    query_label: NDArray[np.int64],
    score: Callable[[Hits], NDArray[np.float64]],
    batch: NDArray[np.int64],
) -> NDArray[np.float64]:
    start, stop = (int(np.searchsorted(held.label, query_label[batch[0]], side)) for side in ("left", "right"))
    return score(_rank(held, query[batch], start, stop))


def _rank(held: _Sorted, query: NDArray[np.float32], start: int, stop: int) -> Hits:
    """Sorts keys: the bits of the squared distance, the last one replaced by "relevant"."""
    distances = (-2 * query) @ held.points.T  # (batch, rows)
    distances += held.squares
    distances += np.einsum("ij,ij->i", query, query)[:, None]
    np.maximum(distances, _NEAREST, out=distances)
    keys = distances.view(np.int32)
    keys &= -2
    keys[:, start:stop] |= 1
    nearest = keys[:, start:stop].min(axis=1)
    total = stop - start
    depth = min(max(total, DEPTH), keys.shape[1])
    keys.partition(depth - 1, axis=1)
    top = np.sort(keys[:, :depth], axis=1)
    relevant = (top & 1).astype(bool)
    first = relevant.argmax(axis=1) + 1
    for row in np.flatnonzero(~relevant.any(axis=1)):
        first[row] = 1 + np.count_nonzero(keys[row] < nearest[row])
    return Hits(relevant, total, first)
