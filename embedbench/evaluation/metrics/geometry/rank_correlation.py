"""How well two spaces agree on the same rows: formulas on ranks, distances and sums, without a loop over rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAST_RADIUS = 1e-12  # of the median local radius: below it rows coincide but for rounding
_UNVARIED = 1e-12  # of the mean square: a variance below it is rounding

Floats = NDArray[np.float64]
Ranks = NDArray[np.int32]


def rank_scores(rank: Ranks, k: int, n_rows: int) -> Floats:
    """1 − 2 / (k (2n − 3k − 1)) Σ max(0, rank − k) over the k neighbours of each of m of n rows, ``(anchors,)``.

    Their mean is, of the input ranks of latent neighbours, the trustworthiness, and of the latent ranks of input
    neighbours the continuity (Venna & Kaski, 2001). 1 if no neighbour is an intruder, about 1/2 by chance, 0 if
    they are the farthest rows of all.

    >>> rank_scores(np.array([[1, 4], [2, 1], [1, 2], [2, 1], [1, 2], [2, 1]]), 2, 6)
    array([0.6, 1. , 1. , 1. , 1. , 1. ])

    Args:
        rank: From 1, ``(anchors, k or more)``, nearest neighbours first.
        k: Less than half of the rows, so that the score can't be negative.
        n_rows: All rows.
    """
    excess: Floats = np.maximum(rank[:, :k] - k, 0).sum(axis=1, dtype=np.float64)
    return 1 - 2 * excess / (k * (2 * n_rows - 3 * k - 1))


def overlaps(rank: Ranks, k: int) -> tuple[Floats, Floats]:
    """Of each row |A ∩ B| / k and the Jaccard index |A ∩ B| / |A ∪ B|, A and B being its k neighbours, ``(anchors,)``.

    >>> overlaps(np.array([[1, 3], [2, 1]]), 2)
    (array([0.5, 1. ]), array([0.33333333, 1.        ]))

    Args:
        rank: Rank in one space, from 1, of the neighbours in the other, ``(anchors, k or more)``.
        k: At least 1.
    """
    shared = (rank[:, :k] <= k).sum(axis=1)
    return shared / k, shared / (2 * k - shared)


def pearson(sums: Floats, count: int) -> float | None:
    """Pearson's r of two spaces' distances; ``None`` if those of one don't vary.

    Args:
        sums: Of δ, d, δ², d² and δd, ``(5,)``.
        count: Pairs that they are over.
    """
    one, other, squares, other_squares, products = sums / count
    variance, other_variance = squares - one**2, other_squares - other**2
    if variance <= _UNVARIED * squares or other_variance <= _UNVARIED * other_squares:
        return None
    return float(np.clip((products - one * other) / np.sqrt(variance * other_variance), -1, 1))


def stress_of_sums(sums: Floats) -> float | None:
    """The least over scales a of √(Σ (δ − a d)² / Σ δ²), in [0, 1] (Kruskal, 1964, with d scaled to fit).

    1 if all latent distances d are 0; ``None`` if all input distances δ are.

    >>> stress_of_sums(np.array([3.0, 6, 5, 20, 10]))  # δ = 1, 2 and d = 2, 4
    0.0

    Args:
        sums: Of δ, d, δ², d² and δd, ``(5,)``.
    """
    _, _, squares, other_squares, products = (float(value) for value in sums)
    if squares == 0:
        return None
    explained = products**2 / (squares * other_squares) if other_squares > 0 else 0.0
    return float(np.sqrt(max(0.0, 1 - explained)))


def spearman(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """Spearman's ρ, in [−1, 1], ties having their mean rank; ``None`` if one of the two doesn't vary.

    Args:
        one: ``(pairs,)``.
        other: ``(pairs,)``.
    """
    first, second = _centred_ranks(one), _centred_ranks(other)
    length = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / length) if length > 0 else None


def spearman_of_counts(counts: NDArray[np.int64]) -> float:
    """Spearman's ρ of values known by their cell in a grid, those of a cell having their mean rank; 0 if undefined.

    >>> spearman_of_counts(np.array([[2, 0], [0, 3]]))
    1.0

    Args:
        counts: Pairs in each cell, ``(cells of one, cells of the other)``, both in rising order of values.
    """
    totals = [counts.sum(axis=axis) for axis in (1, 0)]
    first, second = (total.cumsum() - (total + total.sum()) / 2 for total in totals)
    length = np.sqrt((totals[0] @ first**2) * (totals[1] @ second**2))
    return float(np.clip(first @ counts @ second / length, -1, 1)) if length > 0 else 0.0


def triplet_accuracy(pairs: NDArray[np.floating[Any]]) -> tuple[float, int]:
    """Share, in [0, 1], of triplets whose two distances from the first row have the same order in both spaces.

    Of those that differ in the input space, whose number is the second value returned (the share is NaN if it is 0);
    equal latent distances count 1/2. Half by chance.

    Args:
        pairs: Input and latent distances, ``(anchors, partners, 2)``, to an even number of partners: the first and the
            second make a triplet with the anchor, the third and the fourth, and so on.
    """
    order = np.sign(pairs[:, 0::2] - pairs[:, 1::2])  # (anchors, partners / 2, 2)
    known = order[order[..., 0] != 0]  # (triplets, 2)
    share = 1 - np.abs(known[:, 0] - known[:, 1]).mean(dtype=np.float64) / 2 if len(known) else np.nan
    return float(share), len(known)


def density_correlation(radius: Floats) -> float | None:
    """Pearson's r of the logarithms of local radii, in [−1, 1]; ``None`` if they don't vary or for less than 3 rows.

    The local radius of Narayan et al. (2021) with equal weights: the mean squared distance to the nearest neighbours,
    each space having its own. Rows that coincide with all their neighbours in one of the spaces have no density, and
    are left out.

    Args:
        radius: Local radii in the two spaces, ``(anchors, 2)``.
    """
    known = (radius > _LEAST_RADIUS * np.median(radius, axis=0)).all(axis=1)
    if known.sum() < 3:
        return None
    logs = np.log(radius[known])
    logs -= logs.mean(axis=0)
    squares = (logs**2).sum(axis=0)
    if squares.min() <= _UNVARIED * len(logs):
        return None
    return float(np.clip(logs[:, 0] @ logs[:, 1] / np.sqrt(squares.prod()), -1, 1))


def _centred_ranks(values: NDArray[Any]) -> Floats:
    """Ranks less their mean, ``(pairs,)``; equal values share theirs."""
    order = values.argsort()
    rising = values[order]
    begins = np.flatnonzero(np.concatenate([[True], rising[1:] > rising[:-1]]))
    lengths = np.diff(begins, append=len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(begins + (lengths - len(values)) / 2, lengths)
    return ranks
