"""Silhouettes of the same rows in one or more groupings, from one pass over half of their distances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.frame import Frame
from embedbench.evaluation.workers import workers

_SIDE = 512  # rows of a tile's side: its distances stay in a core's cache
_NEAR = 2.0**-8  # of the largest squared lengths: float32 has too few digits for squared distances below it
_SUMS = 8_000_000  # sums of distances held at a time (64 MB)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def silhouettes(points: NDArray[np.float32], groups: Sequence[Integers]) -> list[Floats]:
    """Each row's ``(b - a) / max(a, b)`` in [-1, 1], higher is better (Rousseeuw, 1987), in each grouping.

    a is a row's mean distance to the others of its group, b the least mean distance to another group; a row alone in
    its group, or with a = b = 0, has 0.

    A distance is taken once and counts for both of its rows. Tiles of distances are products in float32, and in float64
    where a tile holds a distance too short for that; sums are float64. Memory grows with rows and groups, not with the
    square of the rows. As many threads work as numpy's linear algebra may use; their number changes no bit.

    Args:
        points: float32 ``(rows, dim)``.
        groups: Group numbers of at least 2 groups each, int64 ``(rows,)``.

    Returns:
        One float64 ``(rows,)`` for each grouping.
    """
    order = np.lexsort(groups)
    columns, sizes = _columns([group[order] for group in groups])
    tiles = _Tiles.of(points, order, columns)
    found = np.empty((len(groups), len(points)))
    height = max(1, _SUMS // (len(sizes) * _SIDE)) * _SIDE
    with workers() as (pool, _):
        for start in range(0, len(points), height):
            strip = slice(start, min(start + height, len(points)))
            sums = _sums(tiles, pool, strip, len(sizes))
            for grouping, own in enumerate(columns):
                mine = slice(own.min(), own.max() + 1)
                found[grouping, order[strip]] = _samples(sums[:, mine], sizes[mine], own[strip] - mine.start)
    return list(found)


class _Tiles(NamedTuple):
    """Sorted rows, cut into blocks.

    Attributes:
        points: float32 ``(rows, dim)``, as they were given.
        order: Their places in here.
        frame: In which they are taken.
        rows: Points, ones and squared lengths, ``(rows, dim + 2)``: a product of two gives a squared distance.
        members: Which rows of each block are in which of its groups, float32 ``(side, groups of the block)``.
        present: Those groups, for each block.
    """

    points: NDArray[np.float32]
    order: Integers
    frame: Frame
    rows: NDArray[np.float32]
    members: list[NDArray[np.float32]]
    present: list[Integers]

    @classmethod
    def of(cls, points: NDArray[np.float32], order: Integers, columns: Sequence[Integers]) -> _Tiles:
        """Points in an order, whose groupings have the columns given."""
        n_rows, dim = points.shape
        frame, rows = Frame.of(points), np.empty((n_rows, dim + 2), np.float32)
        members, present = [], []
        for start in range(0, n_rows, _SIDE):
            some = slice(start, start + _SIDE)
            rows[some, :dim] = frame.place(points[order[some]])
            rows[some, dim] = 1
            rows[some, dim + 1] = _squares(rows[some, :dim])
            own = np.stack([column[some] for column in columns])
            present.append(np.unique(own))
            members.append((own[..., None] == present[-1]).sum(axis=0, dtype=np.float32))
        return cls(points, order, frame, rows, members, present)

    def block(self, number: int) -> slice:
        """Places of a block's rows."""
        return slice(number * _SIDE, min((number + 1) * _SIDE, len(self.rows)))

    def sums(self, both: bool, pair: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Sums of distances of one block's rows to the other's groups, ``(side, groups)``, and the reverse if asked."""
        one, other = pair
        near = self._distances(one, other)
        back = (self.members[one].T @ near).T if both and one != other else None
        return near @ self.members[other], back

    def _distances(self, one: int, other: int) -> NDArray[np.float32]:
        """Distances of one block's rows to the other's, ``(side, side)``; of rows from themselves 0."""
        x, y = self.rows[self.block(one)], self.rows[self.block(other)]
        left = x * np.float32(-2)
        left[:, -2], left[:, -1] = x[:, -1], 1
        near: NDArray[np.float32] = left @ y.T
        if one == other:
            np.fill_diagonal(near, np.inf)
        if near.min() < _NEAR * (x[:, -1].max() + y[:, -1].max()):
            near = self._exact(one, other)
        else:
            np.sqrt(near, out=near)
        if one == other:
            np.fill_diagonal(near, 0)
        return near

    def _exact(self, one: int, other: int) -> NDArray[np.float32]:
        """The same by float64, from the points as they were given."""
        x, y = (self.frame.place(self.points[self.order[self.block(each)]].astype(np.float64)) for each in (one, other))
        square = x * -2 @ y.T
        square += _squares(x)[:, None]
        square += _squares(y)
        np.maximum(square, 0, out=square)
        near: NDArray[np.float32] = np.sqrt(square, out=square).astype(np.float32)
        return near


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


def _sums(tiles: _Tiles, pool: ThreadPoolExecutor, strip: slice, n_groups: int) -> Floats:
    """Sums of distances of a strip's rows, whole blocks, to each group, ``(rows of the strip, groups)``."""
    sums = np.zeros((strip.stop - strip.start, n_groups))
    first, last = strip.start // _SIDE, -(-strip.stop // _SIDE)
    inside = [(one, other) for one in range(first, last) for other in range(one, last)]
    outside = [
        (one, other) for one in range(first, last) for other in range(len(tiles.present)) if not first <= other < last
    ]

    def place(block: int) -> slice:
        whole = tiles.block(block)
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
