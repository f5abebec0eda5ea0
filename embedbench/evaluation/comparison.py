"""One pass over the distances of the same rows in two spaces: ranks of neighbours, local radii, pairs, sums."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.distances import Distances

_BLOCK = 8_000_000  # distances of one space that a worker holds at a time (64 MB)
_ROWS = 256  # of a block at most: more make the product no faster
_CHUNK = 100_000  # distances whose keys are sorted at a time: they stay in a core's cache
_LAST = np.iinfo(np.int64).max
_RADIUS = 10  # neighbours that a local radius is the mean over

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Ranks = NDArray[np.int32]


class Comparison(NamedTuple):
    """What the first rows, the ``anchors``, see of all rows in the input space and in the latent space.

    Equally distant rows (within 2^-51 times the number of rows) rank in their order, in both spaces alike; a row is not
    its own neighbour.

    Attributes:
        rows: Number of all rows.
        input_rank: Rank in the input space, from 1, of each anchor's latent neighbours, nearest first, int32
            ``(anchors, k)``.
        latent_rank: The reverse: rank in the latent space of its input neighbours.
        radius: Mean squared distance to the 10 nearest (or all, if fewer) in the two spaces, ``(anchors, 2)``.
        pairs: Distances to some other rows in the two spaces, float32 ``(anchors, partners, 2)``: the partners of the
            i-th row are those that follow it, the first row following the last.
        sums: Over all other rows, of input distance δ, latent distance d, δ², d² and δd, ``(anchors, 5)``.
    """

    rows: int
    input_rank: Ranks
    latent_rank: Ranks
    radius: Floats
    pairs: NDArray[np.float32]
    sums: Floats


def compare(inputs: Distances, latents: Distances, k: int, partners: int, anchors: int) -> Comparison:
    """Looks at the same rows in two spaces.

    Memory grows with the rows, not with their square, if ``k`` and ``partners`` don't. As many threads work as numpy's
    linear algebra may use.

    Args:
        inputs: Distances in the input space.
        latents: Distances of the same rows in the latent space.
        k: Neighbours to rank, in [1, rows − 1].
        partners: Other rows whose distances are kept, in [1, rows − 1].
        anchors: How many rows to look from, in [1, rows].

    Raises:
        UsageError: If a number is out of its range, or the spaces have different numbers of rows.
    """
    from threadpoolctl import ThreadpoolController

    n_rows = len(inputs)
    if len(latents) != n_rows:
        raise UsageError(f"the input space has {n_rows} rows and the latent space {len(latents)}; give the same rows.")
    for name, value, most in (("k", k, n_rows - 1), ("partners", partners, n_rows - 1), ("anchors", anchors, n_rows)):
        if not 1 <= value <= most:
            raise UsageError(f"`{name}` must be in [1, {most}] for {n_rows} rows, got {value}; lower it or add rows.")
    step = max(1, min(_ROWS, _BLOCK // n_rows))
    control = ThreadpoolController()
    threads = max((one.num_threads for one in control.lib_controllers if one.user_api == "blas"), default=1)
    work = partial(_block, inputs, latents, k, partners, anchors, step)
    # One thread of linear algebra a worker: what follows the product runs in parallel too, on the same core's cache.
    with control.limit(limits=1), ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(work, range(0, anchors, step)))
    return Comparison(n_rows, *(np.concatenate(each) for each in list(zip(*parts, strict=True))[1:]))


def _block(
    inputs: Distances, latents: Distances, k: int, partners: int, anchors: int, step: int, start: int
) -> Comparison:
    """What some of the anchors see."""
    stop = min(start + step, anchors)
    n_rows, chunk = len(inputs), max(1, _CHUNK // len(inputs))
    both = inputs.block(start, stop), latents.block(start, stop)
    parts = []
    for first in range(0, stop - start, chunk):
        x, z = (distances[first : first + chunk].astype(np.float64, copy=False) for distances in both)
        own = np.arange(start + first, start + first + len(x))
        input_rank, latent_rank, radius = _ranks(x, z, own, k)
        others = (own[:, None] + np.arange(1, partners + 1)) % n_rows
        pairs = np.stack([np.take_along_axis(space, others, axis=1) for space in (x, z)], axis=2, dtype=np.float32)
        parts.append((input_rank, latent_rank, radius, pairs, _sums(x, z, own)))
    return Comparison(n_rows, *(np.concatenate(each) for each in zip(*parts, strict=True)))


def _ranks(x: Floats, z: Floats, own: Integers, k: int) -> tuple[Ranks, Ranks, Floats]:
    """Ranks of neighbours in the other space, and local radii, for rows ``own`` with distances ``(batch, rows)``."""
    n_rows = x.shape[1]
    (x_keys, x_near, x_radius), (z_keys, z_near, z_radius) = (_sorted(space, own, k) for space in (x, z))
    input_rank, latent_rank = (np.empty((len(own), k), np.int32) for _ in range(2))
    for keys, wanted, rank in (
        (x_keys, _keys(np.take_along_axis(x, z_near, axis=1), z_near, n_rows), input_rank),
        (z_keys, _keys(np.take_along_axis(z, x_near, axis=1), x_near, n_rows), latent_rank),
    ):
        for row in range(len(rank)):
            rank[row] = keys[row].searchsorted(wanted[row])
        rank += 1
    return input_rank, latent_rank, np.column_stack([x_radius, z_radius])


def _sorted(distances: Floats, own: Integers, k: int) -> tuple[Integers, Integers, Floats]:
    """Sorted keys ``(batch, rows)``, the k nearest rows ``(batch, k)``, and the local radius ``(batch,)``."""
    n_rows = distances.shape[1]
    keys = _keys(distances, np.arange(n_rows), n_rows)
    keys[np.arange(len(own)), own] = _LAST
    keys.sort(axis=1)
    near = keys[:, : max(k, _RADIUS)] & _columns(n_rows)
    closest = near[:, : min(_RADIUS, n_rows - 1)]
    reach = np.take_along_axis(distances, closest, axis=1)
    return keys, near[:, :k], (reach**2).mean(axis=1)


def _keys(distances: Floats, column: Integers, n_rows: int) -> Integers:
    """Whole numbers in the order of distance, then of column: numpy sorts them much faster than it sorts by index.

    The bits of a positive float sort like the integer that they are; the column takes as many of the last as it needs.
    """
    keys: Integers = distances.view(np.int64) & (_LAST - _columns(n_rows))  # without the sign of a negative zero
    keys |= column
    return keys


def _columns(n_rows: int) -> int:
    """The bits of a key that hold the column."""
    return int((1 << (n_rows - 1).bit_length()) - 1)


def _sums(x: Floats, z: Floats, own: Integers) -> Floats:
    """See `Comparison`; the distances of rows ``own`` from themselves become 0."""
    for space in (x, z):
        space[np.arange(len(own)), own] = 0
    products = (np.einsum("ij,ij->i", one, other) for one, other in ((x, x), (z, z), (x, z)))
    return np.column_stack([x.sum(axis=1), z.sum(axis=1), *products])
