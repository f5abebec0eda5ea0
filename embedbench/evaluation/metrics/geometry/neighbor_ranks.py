"""The nearest rows in two spaces, and the rank of each in the other space, without a sort of all distances."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_SHARE = 16  # of the rows, one in so many tells roughly how near the k-th nearest is
_LAST = np.iinfo(np.int64).max

Real = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]
Ranks = NDArray[np.int32]


class Settle(Protocol):
    """Puts neighbours in their true order where what their distances may be off by leaves it open."""

    def __call__(self, near: Integers, distances: Real, k: int) -> tuple[Integers, Integers]:
        """Columns of the k nearest, nearest first, and the numbers of the rows that have changed.

        Args:
            near: Columns, by the distances as they are, ``(batch, k)``, or one more if there are more rows.
            distances: ``(batch, rows)``.
            k: Neighbours.
        """


def as_it_is(near: Integers, distances: Real, k: int) -> tuple[Integers, Integers]:
    """Settles nothing."""
    return near[:, :k], np.empty(0, np.int64)


def ranks(
    x: Real, z: Real, k: int, settle: tuple[Settle, Settle] = (as_it_is, as_it_is)
) -> tuple[Ranks, Ranks, Integers, Integers]:
    """Ranks of each space's neighbours in the other space, from 1, and the neighbours, nearest first.

    Equally distant rows rank in their order. A rank is counted among the rows that are
    no farther than the farthest of the k: few, unless the spaces have little in common.

    Args:
        x: Distances in the input space, float32 or float64 ``(batch, rows)``, none negative; infinite from the row
            itself.
        z: Distances in the latent space, likewise.
        k: Neighbours to rank, in [1, rows − 1].
        settle: For either space.

    Returns:
        Input ranks of the latent neighbours and latent ranks of the input neighbours, int32; columns of the input
        neighbours and of the latent neighbours, int64; all ``(batch, k)``.
    """
    more = min(k + 1, x.shape[1] - 1)
    z_near, z_changed = settle[1](_nearest(z, more), z, k)
    input_rank, x_near = _ranked(x, z_near, more)
    x_near, x_changed = settle[0](x_near, x, k)
    latent_rank, _ = _ranked(z, x_near, k)
    _put_right(input_rank, z_near, x_near, x_changed)
    _put_right(latent_rank, x_near, z_near, z_changed)
    return input_rank, latent_rank, x_near, z_near


def _put_right(rank: Ranks, columns: Integers, near: Integers, changed: Integers) -> None:
    """Ranks of columns ``(batch, k)`` as the settled neighbours of some rows have it."""
    k = near.shape[1]
    for row in changed:
        found, place, _ = np.intersect1d(near[row], columns[row], assume_unique=True, return_indices=True)
        known = dict(zip(found.tolist(), (place + 1).tolist(), strict=True))
        rank[row] = [
            known.get(one, max(k + 1, old)) for one, old in zip(columns[row].tolist(), rank[row].tolist(), strict=True)
        ]


def _nearest(distances: Real, k: int) -> Integers:
    """Columns of the k nearest, nearest first, ``(batch, k)``."""
    few = distances[:, : distances.shape[1] // _SHARE]
    mean = k / _SHARE
    reach = int(mean + 5 * np.sqrt(mean)) + 1  # so many of the few are seldom nearer than the k-th of all
    rows: list[Integers] = []
    if reach < few.shape[1]:
        rows = _keys_within(distances, np.partition(few, reach, axis=1)[:, reach])
    if not rows or min(map(len, rows)) < k:
        rows = _keys_within(distances, np.partition(distances, k - 1, axis=1)[:, k - 1])
    return np.stack([keys[:k] for keys in rows]) & _columns(distances.shape[1])


def _ranked(distances: Real, others: Integers, k: int) -> tuple[Ranks, Integers]:
    """Ranks from 1 of some columns ``(batch, others)``, and the columns of the k nearest, nearest first.

    Args:
        distances: ``(batch, rows)``.
        others: As many columns as there are neighbours wanted, or one fewer.
        k: Neighbours.
    """
    n_rows = distances.shape[1]
    reach = distances[np.arange(len(distances))[:, None], others]
    wanted = _keys(reach, others, n_rows)
    rank, near = np.empty(others.shape, np.int32), np.empty((len(others), k), np.int64)
    for row, keys in enumerate(_keys_within(distances, reach.max(axis=1))):  # with the others themselves, or more
        rank[row] = keys.searchsorted(wanted[row])
        near[row] = keys[:k] if len(keys) >= k else np.append(keys, _next(distances[row], reach[row].max()))
    rank += 1
    near &= _columns(n_rows)
    return rank, near


def _next(distances: Real, reach: np.floating[Any]) -> int:
    """The first column of the nearest that are farther than the reach."""
    return int(np.where(distances > reach, distances, np.inf).argmin())


def _keys_within(distances: Real, reach: Real) -> list[Integers]:
    """Of each row, the sorted keys of the columns that are no farther than its reach ``(batch,)``."""
    batch, n_rows = distances.shape
    found = np.flatnonzero(distances <= reach[:, None])
    ends = found.searchsorted(np.arange(batch + 1) * n_rows).tolist()
    near = distances.ravel()[found]
    found -= found // n_rows * n_rows
    keys = _keys(near, found, n_rows)
    rows = [keys[start:end] for start, end in pairwise(ends)]
    for row in rows:
        row.sort()
    return rows


def _keys(distances: Real, column: Integers, n_rows: int) -> Integers:
    """Whole numbers in the order of distance, then of column: numpy sorts them much faster than it sorts by index.

    The bits of a positive float sort like the integer that they are; the column takes the last ones, which are zeros
    where the distance was float32 or rounded.
    """
    keys: Integers = distances.astype(np.float64).view(np.int64)
    keys &= _LAST - _columns(n_rows)  # without the sign of a negative zero
    keys |= column
    return keys


def _columns(n_rows: int) -> int:
    """The bits of a key that hold the column."""
    return int((1 << (n_rows - 1).bit_length()) - 1)
