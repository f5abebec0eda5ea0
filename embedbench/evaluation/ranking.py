"""The whole ranking that retrieval metrics need, without ever holding it: distances are filtered tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.workers import workers

_QUERIES = 512  # of a batch, at most: fewer make the product slower
_TOGETHER = 16  # of which are sorted in one call: threads wait for each other between calls
_KEPT = 8_000_000  # ranks wanted of a batch, about (32 MB)
_TILE = 4096  # gallery rows that they are compared with at a time
_WHOLE = 4_000_000  # distances held by one worker where nothing is filtered (16 MB)
_SCORED = 200_000  # ranks scored at a time: they stay in the cache
_SAMPLE = 2048  # gallery rows from which the limit of the filter is guessed
_STRIDE = 8  # gallery rows for each of them, at least: below, filtering saves nothing
_MARGIN = 2.4  # standard deviations of the guess, were the sample random: one row in a thousand is done again
DEPTH = 10  # ranks looked at, even where fewer rows are relevant
_NEAREST = int(np.float32(np.finfo(np.float32).tiny).view(np.int32))  # positive floats sort like integers
_FARTHEST = int(np.iinfo(np.int32).max) - 1  # even: irrelevant

Floats = NDArray[np.float32]
Keys = NDArray[np.int32]
Integers = NDArray[np.int64]


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
    first: Integers


class _Gallery(NamedTuple):
    """The gallery in the order of its labels, so that one class is one slice.

    Attributes:
        points: Rows g as (g, |g|², 1), ``(rows, dim + 2)``: a product with (−2q, 1, |q|²) is the squared distance.
        label: ``(rows,)``.
        sample: Every so many of the rows; empty if the gallery is too small to filter.
    """

    points: Floats
    label: Integers
    sample: Floats


class _Batch(NamedTuple):
    """Some queries: rows as (−2q, 1, |q|²), the slice of the relevant gallery rows, and how many ranks are wanted."""

    rows: Floats
    start: Integers
    stop: Integers
    depth: Integers

    def some(self, chosen: Integers) -> _Batch:
        """The batch of some of its queries."""
        return _Batch(self.rows[chosen], self.start[chosen], self.stop[chosen], self.depth[chosen])


class _Space(NamedTuple):
    """What a worker writes to, batch after batch: memory that is new each time costs an eighth of all time.

    Attributes:
        tile: Distances, ``(queries * tile,)``.
        near: Which of them are kept, ``(queries * tile,)``.
        kept: Their bits; where it doesn't suffice nothing is filtered.
    """

    tile: Floats
    near: NDArray[np.bool_]
    kept: Keys

    @classmethod
    def of(cls, queries: int, most: int) -> _Space:
        """Space for batches of so many queries of classes of so many rows at most."""
        tile = queries * max(_TILE, 2 * _SAMPLE)  # the sample has less than twice as many rows as it should
        kept = np.empty(queries * 2 * (most + _SAMPLE), np.int32)
        return cls(np.empty(tile, np.float32), np.empty(tile, bool), kept)


def score_queries(
    gallery: Iterable[Floats],
    gallery_label: Integers,
    query: Floats,
    query_label: Integers,
    score: Callable[[Hits], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Ranks the gallery for each query by Euclidean distance and scores what comes first.

    Of equally distant rows (within one unit in the last place of the float32 squared distance) the irrelevant come
    first, so that ties are never flattering. A query whose class the gallery lacks scores 0.

    How far away the wanted ranks reach is guessed for each query from every so many gallery rows; what is nearer is
    picked out of each tile of distances while it is in the cache, and sorted. Where the guess was too small, the query
    is ranked again without. Memory: one copy of the gallery, and at most some 100 MB a thread. As many threads work as
    numpy's linear algebra may use.

    Args:
        gallery: Its rows in order, some at a time, float32 ``(some, dim)``.
        gallery_label: Class numbers, int64 ``(rows,)``.
        query: float32 ``(query rows, dim)``.
        query_label: Class numbers, int64 ``(query rows,)``.
        score: Turns the hits of a batch into numbers, float64 ``(batch, measures)``; called in several threads.

    Returns:
        float64 ``(query rows, measures)``.
    """
    answerable = np.flatnonzero(np.isin(query_label, gallery_label))
    order = answerable[np.argsort(query_label[answerable], kind="stable")]
    most = int(np.unique(gallery_label, return_counts=True)[1].max())
    spaces: SimpleQueue[_Space] = SimpleQueue()
    with workers() as (pool, threads):
        held = _hold(gallery, gallery_label, query.shape[1], pool, threads)
        work = partial(_score_batch, held, query, query_label, score, spaces)
        rounds = -(-len(order) // (threads * min(_QUERIES, max(1, _KEPT // most))))
        batches = [some for some in np.array_split(order, max(1, rounds * threads)) if len(some)]  # each thread as many
        for _ in range(threads if len(held.sample) and batches else 0):
            spaces.put(_Space.of(len(batches[0]), most))
        parts = list(pool.map(work, batches))
    width = parts[0].shape[1] if parts else score(Hits(np.zeros((1, 1), bool), 1, np.ones(1, np.int64))).shape[1]
    scores = np.zeros((len(query), width))
    for batch, part in zip(batches, parts, strict=True):
        scores[batch] = part
    return scores


def _hold(gallery: Iterable[Floats], label: Integers, dim: int, pool: ThreadPoolExecutor, threads: int) -> _Gallery:
    """The one copy of the gallery; its rows are read in their own order, that of the file where they lie in one.

    Every thread puts a part of each block in its place: memory is slow when it is written for the first time.
    """
    order = np.argsort(label, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    points = np.empty((len(order), dim + 2), np.float32)

    def put(rows: Floats, chosen: Integers) -> None:
        points[chosen, :dim], points[chosen, dim], points[chosen, dim + 1] = rows, np.einsum("ij,ij->i", rows, rows), 1

    for rows in gallery:
        chosen, place = np.split(place, [len(rows)])
        list(pool.map(put, np.array_split(rows, threads), np.array_split(chosen, threads)))
    stride = len(order) // _SAMPLE
    return _Gallery(points, label[order], points[::stride].copy() if stride >= _STRIDE else points[:0])


def _score_batch(
    held: _Gallery,
    query: Floats,
    query_label: Integers,
    score: Callable[[Hits], NDArray[np.float64]],
    spaces: SimpleQueue[_Space],
    chosen: Integers,
) -> NDArray[np.float64]:
    """Scores of some queries, those of one class together."""
    rows, label = query[chosen], query_label[chosen]
    start, stop = (held.label.searchsorted(label, side) for side in ("left", "right"))
    squares = np.einsum("ij,ij->i", rows, rows)
    wide = np.column_stack([-2 * rows, np.ones_like(squares), squares])
    batch = _Batch(wide, start, stop, np.minimum(np.maximum(stop - start, DEPTH), len(held.label)))
    relevant, first = _rank(held, batch, spaces)
    step = max(1, _SCORED // relevant.shape[1])
    edges = sorted({*range(0, len(label), step), *np.flatnonzero(np.diff(label)) + 1, len(label)})
    parts = [
        score(Hits(relevant[low:high, : batch.depth[low]], int(stop[low] - start[low]), first[low:high]))
        for low, high in pairwise(edges)
    ]
    return np.concatenate(parts)


def _rank(held: _Gallery, batch: _Batch, spaces: SimpleQueue[_Space]) -> tuple[NDArray[np.bool_], Integers]:
    """Relevance by rank ``(batch, deepest)``, and the rank of the nearest relevant row ``(batch,)``."""
    relevant = np.zeros((len(batch.rows), batch.depth.max()), bool)
    first = np.zeros(len(batch.rows), np.int64)
    if len(held.sample):
        space = spaces.get()
        for some, keys, found in _filtered(held, batch, space):
            bits = (keys.astype(np.uint8) & 1).view(bool)
            relevant[some] = bits[:, : relevant.shape[1]]
            place = bits.argmax(axis=1)
            right = (found >= batch.depth[some]) & bits[np.arange(len(bits)), place]
            first[some] = np.where(right, place + 1, 0)
        spaces.put(space)
    missing = np.flatnonzero(first == 0)
    step = max(1, _WHOLE // len(held.label))
    for some in (missing[low : low + step] for low in range(0, len(missing), step)):
        for row, (bits, place) in zip(some, _unfiltered(held, batch.some(some)), strict=True):
            relevant[row, : len(bits)], first[row] = bits, place
    return relevant, first


def _filtered(held: _Gallery, batch: _Batch, space: _Space) -> Iterator[tuple[Integers, Keys, Integers]]:
    """Sorted keys of the nearest gallery rows of some queries at a time: those wanted and more, if the limit is right.

    A key is the bits of the squared distance, the last one replaced by "relevant". Nothing if space doesn't suffice.

    Yields:
        Which queries ``(some,)``, their keys ``(some, most found)``, and how many were found of each ``(some,)``.
    """
    limit = _limits(held, batch, space)[:, None]
    relevant = np.zeros((len(limit), 2), np.int64)  # kept before the first of the relevant rows, and before their end
    ends, used = [], 0
    for low in range(0, len(held.label), _TILE):
        keys = _product(batch.rows, held.points[low : low + _TILE], space.tile)
        near = np.less_equal(keys, limit, out=space.near[: keys.size].reshape(keys.shape))
        places = np.flatnonzero(near)
        if used + len(places) > len(space.kept):
            return
        kept = space.kept[used : used + len(places)]
        keys.ravel().take(places, out=kept, mode="clip")  # the mode that copies once
        _marked(kept, 0, 0)
        begin = np.arange(0, keys.size + 1, width := keys.shape[1])
        cuts = places.searchsorted(begin)
        for column, edge in enumerate((batch.start, batch.stop)):
            relevant[:, column] += places.searchsorted(begin[:-1] + np.clip(edge - low, 0, width)) - cuts[:-1]
        ends.append(used + cuts)
        used += len(places)
    yield from _ordered(space.kept, np.array(ends), relevant, int(batch.depth.max()))


def _ordered(kept: Keys, ends: Integers, relevant: Integers, wanted: int) -> Iterator[tuple[Integers, Keys, Integers]]:
    """Puts each query's keys, which lie in pieces, together and sorts them; see `_filtered`.

    Args:
        kept: All keys, those of a tile together and in it those of a query.
        ends: Where they begin, and the last ones end, ``(tiles, queries + 1)``.
        relevant: Which of a query's keys are relevant: from, to, ``(queries, 2)``.
        wanted: Columns there are at least.
    """
    found = np.diff(ends).sum(axis=0)  # (queries,)
    pieces, counts, marks = ends.T.tolist(), found.tolist(), relevant.tolist()
    alike = found.argsort(kind="stable")  # little is sorted in vain where those of alike numbers are sorted together
    for some in (alike[low : low + _TOGETHER] for low in range(0, len(found), _TOGETHER)):
        lines = np.full((len(some), max(found[some[-1]], wanted)), _FARTHEST, np.int32)
        for line, query in zip(lines, some.tolist(), strict=True):
            parts = [kept[a:b] for a, b in zip(pieces[query], pieces[query + 1], strict=True)]
            np.concatenate(parts, out=line[: counts[query]])
            line[slice(*marks[query])] |= 1
        lines.sort(axis=1)
        yield some, lines, found[some]


def _product(rows: Floats, points: Floats, space: Floats) -> Keys:
    """Bits of the squared distances ``(rows, points)``, written to a space."""
    import torch

    size = len(rows) * len(points)
    found = space[:size].reshape(len(rows), -1)
    torch.mm(torch.from_numpy(rows), torch.from_numpy(points).T, out=torch.from_numpy(found))  # faster than numpy's
    return found.view(np.int32)


def _limits(held: _Gallery, batch: _Batch, space: _Space) -> Keys:
    """Keys ``(batch,)`` that probably as many gallery rows as wanted stay below, judged by a sample of them."""
    keys = _product(batch.rows, held.sample, space.tile)
    expected = batch.depth * (len(held.sample) / len(held.label))
    rank = (expected + _MARGIN * np.sqrt(expected) + _MARGIN).astype(np.int64)
    within = rank < len(held.sample)
    rank[~within] = len(held.sample) - 1
    keys.partition(np.unique(rank), axis=1)
    limit: Keys = np.maximum(keys[np.arange(len(rank)), rank], _NEAREST) | 1
    limit[~within] = np.iinfo(np.int32).max
    return limit


def _unfiltered(held: _Gallery, batch: _Batch) -> Iterator[tuple[Keys, int]]:
    """Relevance by rank, as 0 and 1, and the rank of the nearest relevant row, of each query."""
    whole = np.matmul(batch.rows, held.points.T).view(np.int32)  # (batch, rows)
    for keys, start, stop, depth in zip(whole, *batch[1:], strict=True):
        keys = _marked(keys, start, stop)
        place = 1 + np.count_nonzero(keys < keys[start:stop].min())
        keys.partition(depth - 1)
        yield np.sort(keys[:depth]) & 1, place


def _marked(keys: Keys, start: int, stop: int) -> Keys:
    """Bits of squared distances ``(rows,)`` as keys; those in the slice are relevant."""
    np.maximum(keys, _NEAREST, out=keys)  # what rounding brought below 0
    keys &= -2
    keys[start:stop] |= 1
    return keys
