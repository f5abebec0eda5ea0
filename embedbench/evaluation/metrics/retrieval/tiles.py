"""The nearest gallery rows of a batch of queries, out of products with the gallery tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.retrieval.near_ties import Keys, Lines, Members, nearest_relevant

_TOGETHER = 32  # queries that are sorted in one call: threads wait for each other between calls
_TILE = 2048  # gallery rows that queries are compared with at a time: the distances stay in the cache
_SAMPLE = 2048  # gallery rows from which the limit of the filter is guessed
_STRIDE = 8  # gallery rows for each of them, at least: below, filtering saves nothing
_MARGIN = 2.4  # standard deviations of the guess, were the sample random: one row in a thousand is done again
_ROOM = 1.3  # rows kept for each one wanted, and as many as the sample has twice
_NEAREST = int(np.float32(np.finfo(np.float32).tiny).view(np.int32))  # positive floats sort like integers
_NO_LIMIT = int(np.iinfo(np.int32).max)  # to what is kept
_FARTHEST = _NO_LIMIT - 1  # even: irrelevant

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Held(NamedTuple):
    """The gallery in the order of its labels, so that one class is one slice.

    Attributes:
        points: Rows g as (g, |g|², 1), ``(rows, dim + 2)``: a product with (−2q, 1, |q|²) is the squared distance.
        label: ``(rows,)``.
        numbers: Of the rows in the gallery, ``(rows,)``.
        sample: Every so many of the rows; empty if the gallery is too small to filter.
    """

    points: Floats
    label: Integers
    numbers: Integers
    sample: Floats

    @classmethod
    def of(cls, points: Floats, label: Integers, numbers: Integers) -> Held:
        """Of rows in the order of their labels."""
        stride = len(label) // _SAMPLE
        return cls(points, label, numbers, points[::stride].copy() if stride >= _STRIDE else points[:0])


class Queries(NamedTuple):
    """Some queries.

    Attributes:
        rows: As (−2q, 1, |q|²), ``(batch, dim + 2)``.
        start: Where the relevant gallery rows begin, ``(batch,)``.
        stop: Where they end.
        depth: How many ranks are wanted.
        lengths: |q|.
        certain: Whether products are exact.
    """

    rows: Floats
    start: Integers
    stop: Integers
    depth: Integers
    lengths: Floats
    certain: bool

    def some(self, chosen: Integers) -> Queries:
        """The batch of some of its queries."""
        start, stop, depth = (each[chosen] for each in (self.start, self.stop, self.depth))
        return Queries(self.rows[chosen], start, stop, depth, self.lengths[chosen], self.certain)

    def lines(self, chosen: Integers, keys: Keys, found: Integers) -> Lines:
        """The nearest rows of some of its queries."""
        total = (self.stop - self.start)[chosen]
        first = nearest_relevant(keys)
        return Lines(keys, found, first, total, self.lengths[chosen], self.rows.shape[1] - 2)


class Group(NamedTuple):
    """What was found for some queries.

    Attributes:
        some: Their numbers in the batch.
        lines: Nearest rows in the order of the products.
        whole: Whether all rows are among them that may be among those wanted.
        members: Gives those of a query in any order.
    """

    some: Integers
    lines: Lines
    whole: NDArray[np.bool_]
    members: Callable[[int], Members]


class Space(NamedTuple):
    """What a worker writes to, batch after batch: memory that is new each time costs an eighth of all time.

    Attributes:
        tile: Distances, ``(queries * tile,)``.
        near: Which of them are kept, ``(queries * tile,)``.
        kept: Their bits; where it doesn't suffice nothing is filtered.
        places: Where in their tile these are.
    """

    tile: Floats
    near: NDArray[np.bool_]
    kept: Keys
    places: Keys

    @classmethod
    def of(cls, queries: int, most: int) -> Space:
        """Space for batches of so many queries of classes of so many rows at most."""
        tile = queries * max(_TILE, 2 * _SAMPLE)  # the sample has less than twice as many rows as it should
        kept = int(queries * (_ROOM * most + 2 * _SAMPLE))
        return cls(np.empty(tile, np.float32), np.empty(tile, bool), np.empty(kept, np.int32), np.empty(kept, np.int32))


def filtered(held: Held, batch: Queries, space: Space) -> Iterator[Group]:
    """Sorted keys of the nearest gallery rows: those wanted and more, if the limit is right.

    A key is the bits of the squared distance, the last one replaced by "relevant". Nothing if space doesn't suffice.
    """
    limit = _limits(held, batch, space)
    far = np.where(limit < _NO_LIMIT, limit.view(np.float32), np.inf)[:, None]
    edges = np.column_stack([batch.start, batch.stop])
    inside = np.zeros(edges.shape, np.int64)  # kept in the tile that holds an edge, before it
    ends, used = [], 0
    for low in range(0, len(held.label), _TILE):
        keys = _product(batch.rows, held.points[low : low + _TILE], space.tile)
        near = space.near[: keys.size].reshape(keys.shape)
        np.less_equal(keys.view(np.float32), far, out=near)  # faster than of integers
        places = np.flatnonzero(near)
        if used + len(places) > len(space.kept):
            return
        kept = space.kept[used : used + len(places)]
        keys.ravel().take(places, out=kept, mode="clip")  # the mode that copies once
        _marked(kept, 0, 0)
        space.places[used : used + len(places)] = places
        begin = np.arange(0, keys.size + 1, keys.shape[1])
        cuts = places.searchsorted(begin)
        query, column = np.nonzero(edges // _TILE == low // _TILE)
        inside[query, column] = places.searchsorted(begin[query] + edges[query, column] - low) - cuts[query]
        ends.append(used + cuts)
        used += len(places)
    before = np.zeros((len(ends) + 1, len(limit)), np.int64)  # kept before each tile
    np.diff(ends).cumsum(axis=0, out=before[1:])
    relevant = before[edges // _TILE, np.arange(len(limit))[:, None]] + inside
    yield from _ordered(held, batch, space, np.array(ends), relevant, limit)


def _ordered(
    held: Held, batch: Queries, space: Space, ends: Integers, relevant: Integers, limit: Keys
) -> Iterator[Group]:
    """Puts each query's keys, which lie in pieces, together and sorts them; see `filtered`.

    Args:
        held: The gallery.
        batch: The queries.
        space: Keys and places, those of a tile together and in it those of a query.
        ends: Where they begin, and the last ones end, ``(tiles, queries + 1)``.
        relevant: Which of a query's keys are relevant: from, to, ``(queries, 2)``.
        limit: The largest key that was kept, ``(queries,)``.
    """
    found, wanted = np.diff(ends).sum(axis=0), int(batch.depth.max())  # (queries,)
    pieces, counts, marks = ends.T.tolist(), found.tolist(), relevant.tolist()
    alike = found.argsort(kind="stable")  # little is sorted in vain where those of alike numbers are sorted together
    for some in (alike[low : low + _TOGETHER] for low in range(0, len(found), _TOGETHER)):
        keys = np.full((len(some), max(found[some[-1]], wanted)), _FARTHEST, np.int32)
        for line, query in zip(keys, some.tolist(), strict=True):
            parts = [space.kept[a:b] for a, b in zip(pieces[query], pieces[query + 1], strict=True)]
            np.concatenate(parts, out=line[: counts[query]])
            line[slice(*marks[query])] |= 1
        keys.sort(axis=1)
        lines = batch.lines(some, keys, found[some])

        def members(line: int, some: Integers = some) -> Members:
            query = int(some[line])
            slices = [slice(a, b) for a, b in zip(pieces[query], pieces[query + 1], strict=True)]
            begins = np.cumsum([0, *(part.stop - part.start for part in slices[:-1])])

            def named(chosen: Integers) -> tuple[Integers, NDArray[np.bool_]]:
                tile = begins.searchsorted(chosen, side="right") - 1
                width = np.minimum(len(held.label) - tile * _TILE, _TILE)
                place = space.places[ends[tile, query] + chosen - begins[tile]] - query * width + tile * _TILE
                first, end = marks[query]
                return held.numbers[place], (chosen >= first) & (chosen < end)

            return Members(np.concatenate([space.kept[part] for part in slices]), named)

        far = lines.reach(np.maximum(batch.depth[some] - 1, lines.first)) if not batch.certain else np.zeros(len(some))
        enough = (found[some] >= batch.depth[some]) & (keys[np.arange(len(some)), lines.first] & 1).astype(bool)
        whole = enough & ((far <= limit[some].view(np.float32)) | (limit[some] == _NO_LIMIT))
        yield Group(some, lines, whole, members)


def unfiltered(held: Held, batch: Queries) -> Iterator[Group]:
    """The same of all gallery rows: those wanted, and those of which rounding may make one that is."""
    for low in range(0, len(batch.rows), _TOGETHER):
        some = np.arange(low, min(low + _TOGETHER, len(batch.rows)))
        part = batch.some(some)
        every = np.matmul(part.rows, held.points.T).view(np.int32)  # (some, rows)
        ends = zip(part.start, part.stop, strict=True)
        every = np.stack([_marked(keys, *slice_) for keys, slice_ in zip(every, ends, strict=True)])
        last = [max(np.partition(k, d - 1)[d - 1], k[a:b].min()) for k, a, b, d in zip(every, *part[1:4], strict=True)]
        limit = np.array(last, np.int32)[:, None]
        if not batch.certain:
            alone = batch.lines(some, limit, np.ones(len(some), np.int64))
            limit = np.maximum(alone.reach(np.zeros(len(some), np.int64)).view(np.int32)[:, None], limit)
        limit |= 1  # the irrelevant and the relevant alike
        near = [keys[keys <= most] for keys, most in zip(every, limit, strict=True)]
        found = np.array([len(keys) for keys in near])
        lines = np.full((len(some), found.max()), _FARTHEST, np.int32)
        for line, keys in zip(lines, near, strict=True):
            line[: len(keys)] = keys
        lines.sort(axis=1)

        def members(line: int, every: Keys = every) -> Members:
            keys = every[line]
            return Members(keys & -2, lambda chosen: (held.numbers[chosen], (keys[chosen] & 1).astype(bool)))

        yield Group(some, batch.lines(some, lines, found), np.ones(len(some), bool), members)


def _product(rows: Floats, points: Floats, space: Floats) -> Keys:
    """Bits of the squared distances ``(rows, points)``, written to a space."""
    import torch

    size = len(rows) * len(points)
    found = space[:size].reshape(len(rows), -1)
    torch.mm(torch.from_numpy(rows), torch.from_numpy(points).T, out=torch.from_numpy(found))  # faster than numpy's
    return found.view(np.int32)


def _limits(held: Held, batch: Queries, space: Space) -> Keys:
    """Keys ``(batch,)`` that probably as many gallery rows as wanted stay below, judged by a sample of them."""
    keys = _product(batch.rows, held.sample, space.tile)
    expected = batch.depth * (len(held.sample) / len(held.label))
    rank = (expected + _MARGIN * np.sqrt(expected) + _MARGIN).astype(np.int64)
    within = rank < len(held.sample)
    rank[~within] = len(held.sample) - 1
    keys.partition(np.unique(rank), axis=1)
    limit: Keys = np.maximum(keys[np.arange(len(rank)), rank], _NEAREST) | 1
    limit[~within] = _NO_LIMIT
    return limit


def _marked(keys: Keys, start: int, stop: int) -> Keys:
    """Bits of squared distances ``(rows,)`` as keys; those in the slice are relevant."""
    np.maximum(keys, _NEAREST, out=keys)  # what rounding brought below 0
    keys &= -2
    keys[start:stop] |= 1
    return keys
