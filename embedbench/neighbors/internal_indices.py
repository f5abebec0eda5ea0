"""How compact and how far apart groups of rows are: internal indices, which know no other grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import Normaliser, Real
from embedbench.neighbors.silhouettes import silhouettes, silhouettes_of

_BLOCK = 1_000_000  # numbers held in float64 at a time (8 MB)
_EXACT = 100_000  # rows up to which every silhouette is taken
SAMPLE = 20_000  # of more
_ROUNDING = 2.0**-40  # of two groups' radii, below which their centres are one
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Indices = dict[str, float | Floats]


def internal_indices(points: Real, groups: Mapping[str, Integers]) -> dict[str, Indices]:
    """Silhouette, Calinski-Harabasz and Davies-Bouldin index of rows in each of some groupings.

    Sources: Rousseeuw (1987), Caliński & Harabasz (1974), Davies & Bouldin (1979). Where rows of a group coincide, the
    second is 1 if no group spreads at all, and the third is 0 if the groups have one centre, as in scikit-learn; two
    groups of one centre, but for rounding, aren't compared with each other.

    Silhouettes are of all rows, up to 100,000; of more, of 20,000 at random (always the same), each among all rows.

    Args:
        points: ``(rows, dim)``.
        groups: Group numbers of each grouping, int64 ``(rows,)``.

    Returns:
        The three for each grouping, the silhouette as the values of single rows ``(rows,)``, whose mean it is; of a
        sample as its mean, with ``silhouette_se``. Nothing unless a grouping has at least 2 groups and fewer groups
        than rows.
    """
    fit = {name: group for name, group in groups.items() if 1 < len(np.unique(group)) < len(group)}
    found = dict(zip(fit, _silhouettes(points, list(fit.values())) if fit else [], strict=True))
    return {
        name: {**found[name], **variance_indices(points, group)} if name in fit else {}
        for name, group in groups.items()
    }


def _silhouettes(points: Real, groups: Sequence[Integers]) -> list[Indices]:
    """Of each grouping, every row's, or the mean of a sample with its error."""
    n_rows = len(points)
    if n_rows <= _EXACT:
        return [{"silhouette": values} for values in silhouettes(points, groups)]
    chosen = np.random.default_rng(0).choice(n_rows, SAMPLE, replace=False)
    return [_of_sample(values, n_rows) for values in silhouettes_of(points, groups, chosen)]


def _of_sample(values: Floats, n_rows: int) -> Indices:
    """Mean of values ``(sample,)`` of rows drawn without replacement, and its standard error as the mean of all rows.

    That is s/√n times √(1 − n/N), n of the N rows being known (Cochran, 1977, section 2.6).
    """
    error = float(values.std(ddof=1)) * sqrt(1 / len(values) - 1 / n_rows)
    return {"silhouette": float(values.mean()), "silhouette_se": error}


def silhouette(points: Real, group: Integers) -> float:
    """Mean of `silhouettes`, in [-1, 1], higher is better.

    Args:
        points: ``(rows, dim)``.
        group: Group numbers of at least 2 groups, int64 ``(rows,)``.
    """
    return float(silhouettes(points, [group])[0].mean())


def variance_indices(points: Real, group: Integers) -> dict[str, float]:
    """Calinski-Harabasz and Davies-Bouldin index, see `internal_indices`.

    Args:
        points: ``(rows, dim)``.
        group: Group numbers of at least 2 groups and fewer groups than rows, int64 ``(rows,)``.
    """
    found = _Spread.of(points, group)
    return {"calinski_harabasz": found.calinski_harabasz(), "davies_bouldin": found.davies_bouldin()}


class _Spread(NamedTuple):
    """Groups of rows, known by what they sum up to.

    Attributes:
        sizes: ``(groups,)``.
        centres: Means, ``(groups, dim)``.
        squares: Sum over all rows of the squared distance to the own centre.
        radii: Mean distance to the own centre, ``(groups,)``.
    """

    sizes: Integers
    centres: Floats
    squares: float
    radii: Floats

    @classmethod
    def of(cls, points: Real, group: Integers) -> _Spread:
        """Of rows ``(rows, dim)`` with group numbers ``(rows,)``; group after group, each read while it is at hand."""
        _, sizes = np.unique(group, return_counts=True)
        members = np.split(group.argsort(kind="stable"), sizes.cumsum()[:-1])
        centres, radii, squares = np.empty((len(sizes), points.shape[1])), np.zeros(len(sizes)), 0.0
        step, normaliser = max(1, _BLOCK // points.shape[1]), Normaliser.of(points)
        for number, rows in enumerate(members):
            parts = [rows[start : start + step] for start in range(0, len(rows), step)]
            # Equal rows, and so their mean, are off by exactly 0 from the first.
            first = normaliser.centred(points[rows[:1]])
            mean = sum((normaliser.centred(points[part]) - first).sum(axis=0) for part in parts) / len(rows)
            centres[number] = first[0] + mean
            for part in parts:
                apart = normaliser.centred(points[part]) - first - mean
                square = np.einsum("ij,ij->i", apart, apart)
                squares += float(square.sum())
                radii[number] += np.sqrt(square).sum() / len(rows)
        return cls(sizes, centres, squares, radii)

    def calinski_harabasz(self) -> float:
        """Variance ratio of between and within groups."""
        if self.squares == 0:
            return 1.0
        n_rows, n_groups = int(self.sizes.sum()), len(self.sizes)
        off = self.centres - self.sizes @ self.centres / n_rows
        between = float(self.sizes @ np.einsum("ij,ij->i", off, off))
        return between * (n_rows - n_groups) / (self.squares * (n_groups - 1))

    def davies_bouldin(self) -> float:
        """Mean over groups of the sum of radii over the distance to the group for which that is largest."""
        worst = np.zeros(len(self.sizes))
        for one, centre in enumerate(self.centres):
            apart = np.linalg.norm(self.centres - centre, axis=1)
            radii = self.radii[one] + self.radii
            apart[apart <= _ROUNDING * radii] = np.inf
            worst[one] = (radii / apart).max()
        return float(worst.mean())
