"""Silhouettes of the same rows in one or more groupings: of all from half of their distances, or of some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import Normaliser, Real, fast
from embedbench.neighbors.precision import mend
from embedbench.neighbors.workers import workers

_SIDE = 512  # rows of a tile's side: its distances stay in a core's cache
_NEAR = 2.0**-8  # of the largest squared lengths: float32 has too few digits for squared distances below it
_CLOSE = 2.0**-36  # of the squared lengths of both rows: float64 has too few
_FARTHEST = 1e30  # a distance of which many add up in float32
_SUMS = 8_000_000  # sums of distances held at a time (64 MB)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def silhouettes(points: Real, groups: Sequence[Integers]) -> list[Floats]:
    """Each row's ``(b - a) / max(a, b)`` in [-1, 1], higher is better (Rousseeuw, 1987), in each grouping.

    a is a row's mean distance to the others of its group, b the least mean distance to another group; a row alone in
    its group, or with a = b = 0, has 0.

    A distance is taken once and counts for both of its rows. Tiles of distances are products in float32, in float64
    where a tile holds a distance too short for that, and differences where that is too coarse; sums are float64. Memory
    grows with rows and groups, not with the square of the rows. As many threads work as numpy's linear algebra may use;
    their number changes no bit.

    Args:
        points: ``(rows, dim)``.
        groups: Group numbers of at least 2 groups each, int64 ``(rows,)``.

    Returns:
        One float64 ``(rows,)`` for each grouping.
    """
    held = _Sorted.of(points, groups)
    tiles = _Tiles.of(held)
    found = np.empty((len(groups), len(points)))
    height = max(1, _SUMS // (len(held.sizes) * _SIDE)) * _SIDE
    with workers() as (pool, _):
        for start in range(0, len(points), height):
            strip = slice(start, min(start + height, len(points)))
            found[:, held.order[strip]] = held.silhouettes(strip, _sums(tiles, pool, strip))
    return list(found)


def silhouettes_of(points: Real, groups: Sequence[Integers], chosen: Integers) -> list[Floats]:
    """`silhouettes` of some rows alone, each among all: time grows with rows times rows chosen.

    Only the rows chosen and some blocks of the others are copied. The number of threads changes no bit.

    Args:
        points: ``(rows, dim)``.
        groups: Group numbers of at least 2 groups each, int64 ``(rows,)``.
        chosen: Row numbers, each once, int64 ``(chosen,)``.

    Returns:
        One float64 ``(chosen,)`` for each grouping.
    """
    held = _Sorted.of(points, groups)
    places = held.order.argsort()[chosen]
    turn = places.argsort()  # rows of a group lie in few tiles, and so do short distances
    found = np.empty((len(groups), len(chosen)))
    with workers() as (pool, threads):
        share = -(-len(chosen) // (threads * _SIDE))  # in whole tiles: the same ones for any number of threads
        step = min(share, max(1, _SUMS // (threads * _SIDE * len(held.sizes)))) * _SIDE
        parts = [turn[start : start + step] for start in range(0, len(turn), step)]
        for part, values in zip(parts, pool.map(held.among_all, [places[part] for part in parts]), strict=True):
            found[:, part] = values
    return list(found)


class _Sorted(NamedTuple):
    """Rows in an order in which those of a group lie side by side, cut into blocks.

    Attributes:
        points: ``(rows, dim)``, as they were given.
        order: Their places in here.
        normaliser: In which they are taken.
        columns: Of each row in here, its group's among those of all groupings, for each grouping.
        sizes: Rows of the groups of all groupings.
    """

    points: Real
    order: Integers
    normaliser: Normaliser
    columns: list[Integers]
    sizes: Integers

    @classmethod
    def of(cls, points: Real, groups: Sequence[Integers]) -> _Sorted:
        """Of points ``(rows, dim)`` by some groupings ``(rows,)``."""
        order = np.lexsort(groups)
        return cls(points, order, Normaliser.of(points), *_columns([group[order] for group in groups]))

    def block(self, number: int) -> slice:
        """Places of a block's rows."""
        return slice(number * _SIDE, min((number + 1) * _SIDE, len(self.order)))

    @property
    def blocks(self) -> range:
        """Numbers of all blocks."""
        return range(-(-len(self.order) // _SIDE))

    def rows(self, places: slice | Integers) -> NDArray[np.float32]:
        """Points, ones and squared lengths, ``(places, dim + 2)``: a product of two gives a squared distance."""
        points = fast(self.normaliser.normalise(self.points[self.order[places]]))
        return np.column_stack([points, np.ones(len(points), np.float32), _squares(points).astype(np.float32)])

    def members(self, block: slice) -> tuple[NDArray[np.float32], Integers]:
        """Which rows of a block are in which of its groups, float32 ``(side, groups of the block)``; those groups."""
        own = np.stack([column[block] for column in self.columns])
        present = np.unique(own)
        return (own[..., None] == present).sum(axis=0, dtype=np.float32), present

    def distances(
        self, places: Integers, block: slice, x: NDArray[np.float32], y: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Distances of rows to those of a block, ``(places, side)``, by the ``rows`` of both; from themselves 0."""
        left = x * np.float32(-2)
        left[:, -2], left[:, -1] = x[:, -1], 1
        near: NDArray[np.float32] = left @ y.T
        (own,) = np.nonzero((places >= block.start) & (places < block.stop))
        themselves = own, places[own] - block.start
        near[themselves] = np.inf
        if near.min() < _NEAR * (x[:, -1].max() + y[:, -1].max()):
            near = self._exact(places, block)
        else:
            np.sqrt(near, out=near)
        near[themselves] = 0
        return near

    def _exact(self, places: Integers, block: slice) -> NDArray[np.float32]:
        """The same by float64, from the points as they were given, and from differences of what is closer still."""
        x, y = (self.normaliser.centred(self.points[self.order[each]]) for each in (places, block))
        square, largest = x * -2 @ y.T, _squares(x)[:, None] + _squares(y)
        square += largest
        mend(square, x, y, square < _CLOSE * largest)
        near: NDArray[np.float32] = np.minimum(np.sqrt(square, out=square), _FARTHEST).astype(np.float32)
        return near

    def among_all(self, places: Integers) -> Floats:
        """Silhouettes of the rows at some places, ``(groupings, places)``, block after block of the others."""
        parts = [slice(start, min(start + _SIDE, len(places))) for start in range(0, len(places), _SIDE)]
        ours = [self.rows(places[part]) for part in parts]
        sums = np.zeros((len(places), len(self.sizes)))
        for number in self.blocks:
            block = self.block(number)
            y, (members, present) = self.rows(block), self.members(block)
            for part, x in zip(parts, ours, strict=True):
                sums[part, present] += self.distances(places[part], block, x, y) @ members
        return self.silhouettes(places, sums)

    def silhouettes(self, places: slice | Integers, sums: Floats) -> Floats:
        """Of the rows at some places by their sums of distances ``(places, groups)``: ``(groupings, places)``."""
        found = []
        for own in self.columns:
            mine = slice(own.min(), own.max() + 1)
            found.append(_samples(sums[:, mine], self.sizes[mine], own[places] - mine.start))
        return np.stack(found)


class _Tiles(NamedTuple):
    """All blocks of sorted rows, made once.

    Attributes:
        held: Those rows.
        rows: See `_Sorted.rows`, of all of them.
        members: See `_Sorted.members`, of each block.
        present: The groups of each block.
    """

    held: _Sorted
    rows: NDArray[np.float32]
    members: list[NDArray[np.float32]]
    present: list[Integers]

    @classmethod
    def of(cls, held: _Sorted) -> _Tiles:
        """Of sorted rows."""
        rows = np.empty((len(held.order), held.points.shape[1] + 2), np.float32)
        members, present = [], []
        for number in held.blocks:
            block = held.block(number)
            rows[block] = held.rows(block)
            of_block, groups = held.members(block)
            members.append(of_block)
            present.append(groups)
        return cls(held, rows, members, present)

    def sums(self, both: bool, pair: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Sums of distances of one block's rows to the other's groups, ``(side, groups)``, and the reverse if asked."""
        one, other = pair
        mine, block = self.held.block(one), self.held.block(other)
        near = self.held.distances(np.arange(mine.start, mine.stop), block, self.rows[mine], self.rows[block])
        back = (self.members[one].T @ near).T if both and one != other else None
        return near @ self.members[other], back


def _squares(rows: NDArray[np.floating]) -> Floats:
    """Squared lengths, ``(rows,)``."""
    squares: Floats = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    return squares


def _columns(groups: Sequence[Integers]) -> tuple[list[Integers], Integers]:
    """Each row's column among the groups of all groupings, for each grouping, and the sizes of all of them."""
    columns: list[Integers] = []
    sizes: list[Integers] = []
    for group in groups:
        _, number, counts = np.unique(group, return_inverse=True, return_counts=True)
        columns.append(number + sum(map(len, sizes)))
        sizes.append(counts)
    return columns, np.concatenate(sizes)


def _sums(tiles: _Tiles, pool: ThreadPoolExecutor, strip: slice) -> Floats:
    """Sums of distances of a strip's rows, whole blocks, to each group, ``(rows of the strip, groups)``."""
    sums = np.zeros((strip.stop - strip.start, len(tiles.held.sizes)))
    first, last = strip.start // _SIDE, -(-strip.stop // _SIDE)
    inside = [(one, other) for one in range(first, last) for other in range(one, last)]
    outside = [
        (one, other) for one in range(first, last) for other in range(len(tiles.present)) if not first <= other < last
    ]

    def place(block: int) -> slice:
        whole = tiles.held.block(block)
        return slice(whole.start - strip.start, whole.stop - strip.start)

    def parts() -> Iterator[tuple[tuple[int, int], tuple[NDArray[np.float32], NDArray[np.float32] | None]]]:
        for both, pairs in ((True, inside), (False, outside)):
            yield from zip(pairs, pool.map(partial(tiles.sums, both), pairs), strict=True)

    for (one, other), (there, back) in parts():  # in one order, whoever is ready first: sums are the same
        sums[place(one), tiles.present[other]] += there
        if back is not None:
            sums[place(other), tiles.present[one]] += back
    return sums


def _samples(sums: Floats, sizes: Integers, own: Integers) -> Floats:
    """Silhouettes from the sums of distances to the groups of one grouping, ``(rows, groups) -> (rows,)``."""
    mine = (np.arange(len(own)), own)
    others = sizes[own] - 1
    within = sums[mine] / np.maximum(others, 1)
    means = sums / sizes
    means[mine] = np.inf
    between = means.min(axis=1)
    largest = np.maximum(within, between)
    valid = (others > 0) & (largest > 0)
    samples: Floats = np.where(valid, between - within, 0) / np.where(valid, largest, 1)
    return samples
