"""The whole ranking that retrieval metrics need, without ever holding it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.retrieval.tiles import Group, Held, Queries, Space, filtered, unfiltered
from embedbench.neighbors.normaliser import Real, fast
from embedbench.neighbors.precision import Differences
from embedbench.neighbors.workers import workers

_QUERIES = 512  # of a batch, at most: fewer make the product slower
_KEPT = 8_000_000  # ranks wanted of a batch, about (32 MB)
_WHOLE = 4_000_000  # distances held by one worker where nothing is filtered (16 MB)
_SCORED = 200_000  # ranks scored at a time: they stay in the cache
DEPTH = 11  # ranks looked at, even where fewer rows are relevant: 10, and the query itself where it is among them

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Hits(NamedTuple):
    """How the gallery ranks for some queries of one class.

    Attributes:
        relevant: Whether the gallery row at each rank has the query's class, nearest first, bool
            ``(batch, min(max(total, 11), gallery rows))``.
        total: Gallery rows of the class, at least 1.
        first: Rank of the nearest relevant row, from 1, int64 ``(batch,)``.
    """

    relevant: NDArray[np.bool_]
    total: int
    first: Integers


def score_queries(
    gallery: Iterable[Real],
    gallery_label: Integers,
    query: Real,
    query_label: Integers,
    score: Callable[[Hits], NDArray[np.float64]],
    pairs: Differences,
) -> NDArray[np.float64]:
    """Ranks the gallery for each query by Euclidean distance and scores what comes first.

    The order is that of float64 differences of the rows as they were given; of equally distant rows (within 2^-40 of
    the squared distance) the irrelevant come first, so that ties are never flattering. Products of float32 rows come
    first; where they leave open what moves a query's score by more than 1e-4, differences decide (`Lines.unsettled`).
    A query whose class the gallery lacks scores 0.

    How far away the wanted ranks reach is guessed for each query from every so many gallery rows; what is nearer is
    picked out of each tile of distances while it is in the cache, and sorted. Where the guess was too small, the query
    is ranked again without. Memory: one copy of the gallery, and at most some 100 MB a thread. As many threads work as
    numpy's linear algebra may use.

    Args:
        gallery: Its rows in order, normalised, some at a time, ``(some, dim)``.
        gallery_label: Class numbers, int64 ``(rows,)``.
        query: Rows normalised in the same way, ``(query rows, dim)``.
        query_label: Class numbers, int64 ``(query rows,)``.
        score: Turns the hits of a batch into numbers, float64 ``(batch, measures)``; called in several threads.
        pairs: The same rows as they were given.

    Returns:
        float64 ``(query rows, measures)``.
    """
    answerable = np.flatnonzero(np.isin(query_label, gallery_label))
    order = answerable[np.argsort(query_label[answerable], kind="stable")]
    most = int(np.unique(gallery_label, return_counts=True)[1].max())
    spaces: SimpleQueue[Space] = SimpleQueue()
    placed = fast(query)
    with workers() as (pool, threads):
        held = _hold(gallery, gallery_label, query.shape[1], pool, threads)
        work = partial(_score_batch, held, placed, query_label, score, spaces, None if pairs.certain() else pairs)
        rounds = -(-len(order) // (threads * min(_QUERIES, max(1, _KEPT // most))))
        batches = [some for some in np.array_split(order, max(1, rounds * threads)) if len(some)]  # each thread as many
        for _ in range(threads if len(held.sample) and batches else 0):
            spaces.put(Space.of(len(batches[0]), max(most, DEPTH)))
        parts = list(pool.map(work, batches))
    width = parts[0].shape[1] if parts else score(Hits(np.zeros((1, 1), bool), 1, np.ones(1, np.int64))).shape[1]
    scores = np.zeros((len(query), width))
    for batch, part in zip(batches, parts, strict=True):
        scores[batch] = part
    return scores


def _hold(gallery: Iterable[Real], label: Integers, dim: int, pool: ThreadPoolExecutor, threads: int) -> Held:
    """The one copy of the gallery; its rows are read in their own order, that of the file where they lie in one.

    Every thread puts a part of each block in its place: memory is slow when it is written for the first time.
    """
    order = np.argsort(label, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    points = np.empty((len(order), dim + 2), np.float32)

    def put(rows: Real, chosen: Integers) -> None:
        some = fast(rows)
        points[chosen, :dim], points[chosen, dim], points[chosen, dim + 1] = some, np.einsum("ij,ij->i", some, some), 1

    for rows in gallery:
        chosen, place = np.split(place, [len(rows)])
        list(pool.map(put, np.array_split(rows, threads), np.array_split(chosen, threads)))
    return Held.of(points, label[order], order)


def _score_batch(
    held: Held,
    query: Floats,
    query_label: Integers,
    score: Callable[[Hits], NDArray[np.float64]],
    spaces: SimpleQueue[Space],
    pairs: Differences | None,
    chosen: Integers,
) -> NDArray[np.float64]:
    """Scores of some queries, those of one class together."""
    rows, label = query[chosen], query_label[chosen]
    start, stop = (held.label.searchsorted(label, side) for side in ("left", "right"))
    squares = np.einsum("ij,ij->i", rows, rows)
    wide = np.column_stack([-2 * rows, np.ones_like(squares), squares])
    depth = np.minimum(np.maximum(stop - start, DEPTH), len(held.label))
    batch = Queries(wide, start, stop, depth, np.sqrt(squares), pairs is None)
    relevant, first = _rank(held, batch, spaces, None if pairs is None else pairs.of(chosen))
    step = max(1, _SCORED // relevant.shape[1])
    edges = sorted({*range(0, len(label), step), *np.flatnonzero(np.diff(label)) + 1, len(label)})
    parts = [
        score(Hits(relevant[low:high, : depth[low]], int(stop[low] - start[low]), first[low:high]))
        for low, high in pairwise(edges)
    ]
    return np.concatenate(parts)


def _rank(
    held: Held, batch: Queries, spaces: SimpleQueue[Space], pairs: Differences | None
) -> tuple[NDArray[np.bool_], Integers]:
    """Relevance by rank ``(batch, deepest)``, and the rank of the nearest relevant row ``(batch,)``."""
    relevant = np.zeros((len(batch.rows), batch.depth.max()), bool)
    first = np.zeros(len(batch.rows), np.int64)

    def take(groups: Iterable[Group], numbers: Integers) -> None:
        for group in groups:
            if pairs is not None:
                _settle(group, numbers, pairs)
            some, keys = numbers[group.some[group.whole]], group.lines.keys[:, : relevant.shape[1]]
            bits = (keys.astype(np.uint8) & 1).view(bool)
            relevant[some, : bits.shape[1]] = bits[group.whole]
            first[some] = group.lines.first[group.whole] + 1

    if len(held.sample):
        space = spaces.get()
        take(filtered(held, batch, space), np.arange(len(first)))
        spaces.put(space)
    missing = np.flatnonzero(first == 0)
    step = max(1, _WHOLE // len(held.label))
    for some in (missing[low : low + step] for low in range(0, len(missing), step)):
        take(unfiltered(held, batch.some(some)), some)
    return relevant, first


def _settle(group: Group, numbers: Integers, pairs: Differences) -> None:
    """Brings what products leave open into order."""
    open_ = group.lines.unsettled()
    for line in np.flatnonzero((open_.here | open_.last | open_.over) & group.whole).tolist():
        group.lines.settle(line, int(numbers[group.some[line]]), group.members(line), pairs, open_)
