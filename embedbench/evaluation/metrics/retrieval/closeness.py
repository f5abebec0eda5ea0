"""How close the real targets of a query's nearest gallery rows are to its own."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.neighbors.normaliser import Normaliser
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

Floats = NDArray[np.float64]
_DEPTH = 10  # nearest rows looked at


@family(
    "retrieval",
    {"target_difference@10": Measure(0, inf, "lower"), "target_ndcg@10": Measure(0, 1, "higher")},
    needs="real",
)
def closeness(space: EmbeddingSpace) -> Values:
    """Each query finds its 10 nearest gallery rows (all, if there are fewer); the closer their targets, the better.

    ``target_difference@10`` is the mean absolute difference of their targets from the query's, over that of all pairs
    of a query and a gallery row: 0 for equal targets, 1 for rows drawn at random. ``target_ndcg@10`` is nDCG with the
    gain 1 / (1 + |difference|), differences in standard deviations of the gallery's targets, over the gain of the 10
    gallery rows whose targets are closest (Kim et al., 2019, whose relevance is −log2(1 + |difference|)). Both are
    means over the query rows, and left out if all targets of the gallery are one. Of equally distant rows the earlier
    ones count.
    """
    normaliser = Normaliser.of(space.gallery.rows.known[:, None])  # both are the same in any unit
    truth, known = (
        normaliser.normalise(rows.known[:, None])[:, 0].astype(np.float64) for rows in (space.query, space.gallery.rows)
    )
    if (known == known[0]).all():
        return {}
    k = min(_DEPTH, len(known))
    ordered = np.sort(known)
    found = np.abs(known[space.neighbors(k)] - truth[:, None])  # (query rows, k), nearest first
    off = known - known.mean()
    spread = np.abs(off).max() * np.sqrt(np.mean((off / np.abs(off).max()) ** 2))
    ideal = dcg(closest(ordered, truth, k) / spread)
    return {
        "target_difference@10": found.mean(axis=1) / mean_difference(ordered, truth),
        "target_ndcg@10": np.minimum(dcg(found / spread) / ideal, 1),
    }


def dcg(differences: Floats) -> Floats:
    """Discounted gain of rows by the differences of their targets, in order of rank ``(rows, k)``, ``(rows,)``.

    >>> dcg(np.array([[0.0, 1.0, 0.0]])).round(6).tolist()
    [1.815465]
    """
    discount = 1 / np.log2(np.arange(2, differences.shape[1] + 2))
    found: Floats = (1 / (1 + differences)) @ discount
    return found


def closest(ordered: Floats, truth: Floats, k: int) -> Floats:
    """Differences from each of ``truth`` of the k closest targets, smallest first, ``(rows, k)``.

    The k closest of sorted targets are among the k before and the k after the place of the query's.

    >>> closest(np.array([0.0, 1.0, 5.0]), np.array([2.0]), 2).tolist()
    [[1.0, 2.0]]
    """
    place = ordered.searchsorted(truth)[:, None] + np.arange(-k, k)  # (rows, 2 k)
    inside = (place >= 0) & (place < len(ordered))
    differences = np.where(inside, np.abs(ordered[np.clip(place, 0, len(ordered) - 1)] - truth[:, None]), np.inf)
    return np.sort(differences, axis=1)[:, :k]


def mean_difference(ordered: Floats, truth: Floats) -> float:
    """Mean absolute difference of all pairs of sorted targets and ``truth``, from their running sum."""
    middle = ordered[len(ordered) // 2]  # from which sums keep their precision
    away, sums = truth - middle, np.append(0, (ordered - middle).cumsum())
    below = ordered.searchsorted(truth)
    above = len(ordered) - below
    return float(np.mean(away * (below - above) + sums[-1] - 2 * sums[below]) / len(ordered))
