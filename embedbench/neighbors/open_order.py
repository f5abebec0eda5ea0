"""Nearest rows put in their true order, where products of float32 rows leave it open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import parts
from embedbench.neighbors.precision import Differences, Floats, Integers, Real, slack, ties

SPARE = 8  # more rows than asked for are compared, so that few queries have to be searched again
_PRODUCTS = 4_000_000  # held at a time in float64 (32 MB)


def is_open(near: Real, lengths: Real, k: int, dim: int) -> NDArray[np.bool_]:
    """Whether rounding may have decided which k rows are the nearest, or their order, ``(queries,)``.

    Args:
        near: Squared distances of the nearest rows, by products, in rising order, ``(queries, k or more)``.
        lengths: Of the queries, ``(queries,)``.
        k: How many are asked for.
        dim: Numbers in a row.
    """
    loose = slack(near, lengths[:, None], dim, near.dtype)
    with np.errstate(invalid="ignore"):
        pairs = near[:, 1:] - loose[:, 1:] <= near[:, :-1] + loose[:, :-1]
    return np.asarray(pairs[:, :k].any(axis=1))


def ordered(pairs: Differences, query: Integers, rows: Integers) -> tuple[Integers, Floats]:
    """Candidates of some queries by distance, of equally distant ones the earlier row first, and the squared distances.

    Args:
        pairs: Gives the distances.
        query: Numbers of the queries, ``(queries,)``.
        rows: Candidates of each, ``(queries, candidates)``.
    """
    width = rows.shape[1]
    line, flat = np.repeat(np.arange(len(query)), width), rows.ravel()
    squares = pairs.squares(query[line], flat)
    order = np.lexsort((squares, line))
    first = np.arange(len(order)) % width == 0
    order = order[np.lexsort((flat[order], ties(squares[order], first, pairs.turned)))]
    return flat[order].reshape(rows.shape), squares[order].reshape(rows.shape)


def searched(
    pairs: Differences, blocks: Callable[[], Iterable[Real]], queries: Real, chosen: Integers, k: int
) -> Integers:
    """The k nearest rows of some queries by float64 products with all rows, by differences where these leave it open.

    Args:
        pairs: The rows as they were given.
        blocks: Gives the gallery, normalised, ``(some rows, dim)`` each.
        queries: Normalised in the same way, ``(all queries, dim)``.
        chosen: Numbers of the queries, ``(queries,)``.
        k: In [1, rows].
    """
    n_rows, dim = pairs.gallery.shape
    found = np.empty((len(chosen), k), np.int64)
    for some in parts((len(chosen), n_rows), _PRODUCTS):
        rows = queries[chosen[some]].astype(np.float64)
        parted = [(_products(rows, block), block.dtype) for block in blocks()]
        squares = np.concatenate([part for part, _ in parted], axis=1)  # (queries, rows)
        kth = np.partition(squares, k - 1, axis=1)[:, k - 1]
        # Rows that were rounded to float32 when they were normalised leave as much open as their products would.
        kind = np.promote_types(np.float32, parted[0][1]) if queries.dtype == np.float64 else np.float32
        reach = kth + 2 * slack(kth, np.linalg.norm(rows, axis=1), dim, kind)
        for place, near in enumerate(squares <= reach[:, None]):
            one = chosen[some][place : place + 1]
            found[some][place] = ordered(pairs, one, np.flatnonzero(near)[None])[0][0, :k]
    return found


def _products(queries: Floats, rows: Real) -> Floats:
    """Squared distances in float64, ``(queries, rows)``."""
    own = np.einsum("ij,ij->i", queries, queries)[:, None]
    parted = []
    for some in parts(rows.shape, _PRODUCTS):
        block = rows[some].astype(np.float64)
        parted.append(queries * -2 @ block.T + np.einsum("ij,ij->i", block, block) + own)
    return np.concatenate(parted, axis=1)
