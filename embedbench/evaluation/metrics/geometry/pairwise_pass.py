"""One pass over the distances of the same rows in two spaces: ranks of neighbours, local radii, pairs, sums."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.metrics.geometry.distances import Distances
from embedbench.evaluation.metrics.geometry.grid import PairGrid
from embedbench.evaluation.metrics.geometry.neighbor_ranks import Ranks, ranks
from embedbench.neighbors.normaliser import Real
from embedbench.neighbors.precision import ties
from embedbench.neighbors.workers import workers

_BLOCK = 8_000_000  # distances of one space that a worker holds at a time (64 MB)
_ROWS = 256  # of a block at most: more make the product no faster
_CHUNK = 200_000  # distances looked at at a time: they stay in a core's cache
_SETTLED = (5, 10, 50)  # numbers of nearest rows that figures are made of
_RADIUS = 10  # neighbours that a local radius is the mean over

Floats = NDArray[np.float64]


class Comparison(NamedTuple):
    """What the first rows, the ``anchors``, see of all rows in the input space and in the latent space.

    Equally distant rows rank in their order, in both spaces alike; a row is not its own neighbour. Which rows are the
    5, 10, 50 and k nearest is that of float64 differences; ranks beyond are by products, see `Distances.slack`.

    Attributes:
        rows: Number of all rows.
        input_rank: Rank in the input space, from 1, of each anchor's latent neighbours, nearest first, int32
            ``(anchors, k)``.
        latent_rank: The reverse: rank in the latent space of its input neighbours.
        radius: Mean squared distance to the 10 nearest (or all, if fewer) in the two spaces, ``(anchors, 2)``.
        pairs: Distances to some other rows in the two spaces, ``(anchors, partners, 2)``, of the finer type of the two:
            the partners of the i-th row are those that follow it, the first row following the last.
        sums: Over all other rows, of input distance δ, latent distance d, δ², d² and δd, ``(anchors, 5)``.
    """

    rows: int
    input_rank: Ranks
    latent_rank: Ranks
    radius: Floats
    pairs: Real
    sums: Floats


def compare(
    inputs: Distances, latents: Distances, k: int, partners: int, anchors: int, grid: PairGrid | None = None
) -> Comparison:
    """Looks at the same rows in two spaces.

    Memory grows with the rows, not with their square, if ``k`` and ``partners`` don't. As many threads work as numpy's
    linear algebra may use.

    Args:
        inputs: Distances in the input space.
        latents: Distances of the same rows in the latent space.
        k: Neighbours to rank, in [1, rows − 1].
        partners: Other rows whose distances are kept, in [1, rows − 1].
        anchors: How many rows to look from, in [1, rows].
        grid: Where to count all pairs of an anchor and another row, each once.

    Raises:
        UsageError: If a number is out of its range, or the spaces have different numbers of rows.
    """
    n_rows = len(inputs)
    if len(latents) != n_rows:
        raise UsageError(f"the input space has {n_rows} rows and the latent space {len(latents)}; give the same rows.")
    for name, value, most in (("k", k, n_rows - 1), ("partners", partners, n_rows - 1), ("anchors", anchors, n_rows)):
        if not 1 <= value <= most:
            raise UsageError(f"`{name}` must be in [1, {most}] for {n_rows} rows, got {value}; lower it or add rows.")
    step = max(1, min(_ROWS, _BLOCK // n_rows))
    work = partial(_block, inputs, latents, k, partners, anchors, grid, step)
    with workers() as (pool, _):
        parts = list(pool.map(work, range(0, anchors, step)))
    return Comparison(n_rows, *(np.concatenate(each) for each in list(zip(*parts, strict=True))[1:]))


def _block(
    inputs: Distances,
    latents: Distances,
    k: int,
    partners: int,
    anchors: int,
    grid: PairGrid | None,
    step: int,
    start: int,
) -> Comparison:
    """What some of the anchors see."""
    stop = min(start + step, anchors)
    n_rows, chunk = len(inputs), max(1, _CHUNK // len(inputs))
    x, z = inputs.block(start, stop), latents.block(start, stop)
    parts = []
    for first in range(0, stop - start, chunk):
        some = x[first : first + chunk], z[first : first + chunk]
        if grid is not None:
            _count(*some, start + first, grid)
        parts.append(_chunk(*some, start + first, k, partners, (inputs, latents)))
    return Comparison(n_rows, *(np.concatenate(each) for each in zip(*parts, strict=True)))


def _count(x: Real, z: Real, first: int, grid: PairGrid) -> None:
    """Counts the pairs of the anchors from the first on ``(batch, rows)`` with each other and with later rows."""
    last = first + len(x)
    grid.add(x[:, last:], z[:, last:])
    above = np.triu_indices(len(x), 1)
    grid.add(x[:, first:last][above], z[:, first:last][above])


def _chunk(
    x: Real, z: Real, first: int, k: int, partners: int, spaces: tuple[Distances, Distances]
) -> tuple[NDArray[Any], ...]:
    """What the anchors from the first on see, by their distances ``(batch, rows)``; those from themselves change."""
    n_rows, batch = x.shape[1], np.arange(len(x))
    own = first + batch
    x[batch, own] = z[batch, own] = 0
    sums = _sums(x, z)
    x[batch, own] = z[batch, own] = np.inf
    others = (own[:, None] + np.arange(1, partners + 1)) % n_rows
    pairs = np.stack([space[batch[:, None], others] for space in (x, z)], axis=2)
    closest = min(_RADIUS, n_rows - 1)
    settle = (partial(settled, spaces[0], own), partial(settled, spaces[1], own))
    *found, x_near, z_near = ranks(x, z, max(k, closest), settle)
    reach = (space[batch[:, None], near[:, :closest]] for space, near in ((x, x_near), (z, z_near)))
    radius = np.column_stack([(near.astype(np.float64) ** 2).mean(axis=1) for near in reach])
    return found[0][:, :k], found[1][:, :k], radius, pairs, sums


def settled(
    space: Distances, places: NDArray[np.int64], near: NDArray[np.int64], distances: Real, k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Neighbours ``(batch, k)`` of the rows at some places, by differences where it is open which are the nearest.

    Args:
        space: That they are neighbours in.
        places: Of the rows, ``(batch,)``.
        near: Columns, nearest first, by the distances, ``(batch, k)``, or one more if there are more rows.
        distances: ``(batch, rows)``.
        k: Neighbours.

    Returns:
        The neighbours, and the numbers of the rows of which they have changed.
    """
    batch = np.arange(len(near))
    depths = [depth for depth in _SETTLED if depth < k] + [k][: near.shape[1] - k]
    edges = np.array([k, *depths, *depths])  # the last of so many, then the one before and behind each depth
    edges[: len(depths) + 1] -= 1
    reach = distances[batch[:, None], near[:, edges]].astype(np.float64) ** 2
    loose = space.slack(places, reach)
    near = near[:, :k].copy()
    if not loose.any():
        return near, np.empty(0, np.int64)
    nearer, farther = reach[:, 1:] + loose[:, 1:], reach[:, 1:] - loose[:, 1:]
    changed = np.flatnonzero((farther[:, len(depths) :] <= nearer[:, : len(depths)]).any(axis=1))
    farthest = np.sqrt(reach[:, 0] + 4 * loose[:, 0]) * (1 + 2 * np.finfo(distances.dtype).eps)
    for row in changed:
        columns = np.flatnonzero(distances[row] <= distances.dtype.type(farthest[row]))
        squares = space.squares(np.full(len(columns), places[row]), columns)
        order = squares.argsort(kind="stable")
        groups = ties(squares[order], np.arange(len(order)) == 0, space.turned)
        near[row] = columns[order[np.lexsort((columns[order], groups))]][:k]
    return near, changed


def _sums(x: Real, z: Real) -> Floats:
    """See `Comparison`, ``(batch, 5)``."""
    x, z = x.astype(np.float64, copy=False), z.astype(np.float64, copy=False)
    ones = np.ones(x.shape[1])
    # Linear algebra, as the plain sums: a product of a row and a column for each row.
    products = ((one[:, None, :] @ other[:, :, None])[:, 0, 0] for one, other in ((x, x), (z, z), (x, z)))
    return np.column_stack([x @ ones, z @ ones, *products])
