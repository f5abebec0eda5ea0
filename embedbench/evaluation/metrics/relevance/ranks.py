"""Where the relevant documents of a query stand in the ranking of the whole gallery, without sorting it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.given.qrels import Judgements

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_BLOCK = 8_000_000  # numbers of the gallery, or distances, held at a time (64 MB)
_TIED = 2.0**-40  # of a squared distance: less is a tie
_ROUNDING = 2.0**-46  # of |q|² + |g|², that a product of float64 may be off
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def judged_ranks(space: EmbeddingSpace, judged: Judgements) -> Integers:
    """Rank of each judged document among all gallery rows for its query, from 1, ``(pairs,)``.

    By Euclidean distance; of equally distant rows (within 2^-40 of the squared distance) those of the lower grade come
    first, those that nobody judged count as 0, so that ties are never flattering. Distances are products in float64;
    where these leave the order open, differences decide.

    Args:
        space: Gallery and query rows.
        judged: In the order of their queries.
    """
    n_rows = len(space.gallery.rows)
    found = np.empty(len(judged.query), np.int64)
    numbers, starts = np.unique(judged.query, return_index=True)
    pairs = np.split(np.arange(len(judged.query)), starts[1:])
    step = max(1, _BLOCK // n_rows)
    for start in range(0, len(numbers), step):
        rows = numbers[start : start + step]
        points = space.points[rows].astype(np.float64)
        distances, rounding = _distances(space.gallery.blocks(_BLOCK), points, n_rows)
        for line, own in enumerate(pairs[start : start + step]):
            grades = np.zeros(n_rows, np.int64)
            grades[judged.document[own]] = judged.grade[own]
            open_ = _open(distances[line], rounding[line], judged.document[own])
            settled = ((space.gallery.take(open_).astype(np.float64) - points[line]) ** 2).sum(axis=1)
            found[own] = _ranks(distances[line], open_, settled, grades, judged.document[own])
    return found


def _distances(gallery: Iterable[NDArray[np.floating]], points: Floats, n_rows: int) -> tuple[Floats, Floats]:
    """Squared distances of points ``(rows, dim)`` to all of the gallery, and what they may be off, ``(rows, n)``."""
    distances, rounding = np.empty((len(points), n_rows)), np.empty((len(points), n_rows))
    own, start = np.einsum("ij,ij->i", points, points)[:, None], 0
    for block in gallery:
        wide = block.astype(np.float64)
        some = slice(start, start + len(wide))
        rounding[:, some] = own + np.einsum("ij,ij->i", wide, wide)
        distances[:, some] = rounding[:, some] - 2 * (points @ wide.T)
        start += len(wide)
    return distances, rounding * _ROUNDING


def _open(distances: Floats, rounding: Floats, documents: Integers) -> Integers:
    """Numbers of the rows whose order beside one of the documents isn't sure by products, documents among them."""
    near = np.sort(distances[documents])
    margin = rounding + rounding[documents].max() + 2 * _TIED * distances
    place = near.searchsorted(distances)
    before, after = near[np.maximum(place - 1, 0)], near[np.minimum(place, len(near) - 1)]
    return np.flatnonzero(np.minimum(np.abs(distances - before), np.abs(distances - after)) <= margin)


def _ranks(distances: Floats, open_: Integers, settled: Floats, grades: Integers, documents: Integers) -> Integers:
    """Rank of each document: rows surely nearer by products, and of the open ones by differences."""
    sure = np.ones(len(distances), bool)
    sure[open_] = False
    nearer = np.sort(distances[sure])
    found = np.empty(len(documents), np.int64)
    place = open_.searchsorted(documents)
    for number, (document, at) in enumerate(zip(documents, place, strict=True)):
        apart = settled - settled[at]
        tied = np.abs(apart) <= _TIED * np.maximum(settled, settled[at])
        # Of equal grades it doesn't matter who is first, so that the earlier row is.
        first = (grades[open_] < grades[document]) | ((grades[open_] == grades[document]) & (open_ < document))
        before = ((apart < 0) & ~tied) | (tied & first)
        found[number] = 1 + nearer.searchsorted(distances[document]) + before.sum()
    return found
