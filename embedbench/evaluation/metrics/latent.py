"""What the query rows look like without any label: their spread, directions and hubs."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import family
from embedbench.evaluation.space import directions
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_NEAR = 10
_BLOCK = 4_000_000  # pairs held at a time (16 MB)
_MEASURES = {
    "effective_rank": Measure(0, inf, "none"),
    "uniformity": Measure(-8, 0, "none"),
    "anisotropy": Measure(-1, 1, "none"),
    "hubness": Measure(-inf, inf, "lower"),
}


@family("latent", _MEASURES, needs="none")
def latent(space: EmbeddingSpace) -> dict[str, float]:
    """Effective rank, uniformity and anisotropy of the query rows; hubness of the gallery rows among the queries.

    Uniformity and anisotropy need two query rows, hubness ten gallery rows, or they are left out.
    """
    z = space.query.z
    scores = {"effective_rank": effective_rank(z)}
    if len(z) > 1:
        unit = directions(z)
        scores |= {"uniformity": uniformity(unit), "anisotropy": anisotropy(unit)}
    n_rows = len(space.gallery.rows)
    if n_rows >= _NEAR:
        scores["hubness"] = hubness(space.neighbors(_NEAR), n_rows)
    return scores


def effective_rank(z: NDArray[np.float32]) -> float:
    """Exponential of the entropy of the singular values' shares, in [1, dim] (Roy & Vetterli, 2007).

    The rows ``(rows, dim)`` are centred first; 0 if they are all equal.

    >>> round(effective_rank(np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)), 6)
    2.0
    """
    offset = z.astype(np.float64) - z[0]  # exact zeros where rows are equal
    values = np.linalg.svd(offset - offset.mean(axis=0), compute_uv=False)
    total = values.sum()
    if total == 0:
        return 0.0
    share = values[values > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))


def uniformity(unit: NDArray[np.float32]) -> float:
    """Log of the mean of ``exp(-2 |u - v|²)`` over pairs of distinct rows, in [-8, 0] (Wang & Isola, 2020, t = 2).

    The more evenly the directions ``(rows, dim)``, at least 2, cover the sphere, the lower.
    """
    squares = np.einsum("ij,ij->i", unit, unit)
    step = max(1, _BLOCK // len(unit))
    total = 0.0
    for start in range(0, len(unit), step):
        block = np.arange(start, min(start + step, len(unit)))
        potential = (4 * unit[block]) @ unit.T
        potential -= 2 * squares
        potential -= 2 * squares[block, None]
        np.exp(potential, out=potential)
        potential[np.arange(len(block)), block] = 0
        total += float(potential.sum(dtype=np.float64))
    return float(np.log(total / (len(unit) * (len(unit) - 1))))


def anisotropy(unit: NDArray[np.float32]) -> float:
    """Mean cosine of pairs of distinct rows, in [-1, 1]; 0 for directions without a preferred one (Ethayarajh, 2019).

    Of directions ``(rows, dim)``, at least 2, by ``|Σu|² = Σ|u|² + Σ cos`` without looking at pairs.
    """
    total = unit.sum(axis=0, dtype=np.float64)
    own = np.einsum("ij,ij->", unit, unit, dtype=np.float64)
    return float((total @ total - own) / (len(unit) * (len(unit) - 1)))


def hubness(neighbors: NDArray[np.int64], n_rows: int) -> float:
    """Skewness of how often a gallery row is among the queries' neighbours (Radovanović et al., 2010).

    Above 0 the more, the more a few rows are neighbours of very many queries; 0 if all occur equally often.

    Args:
        neighbors: Gallery row numbers, int64 ``(query rows, k)``.
        n_rows: Rows of the gallery.
    """
    count = np.bincount(neighbors.ravel(), minlength=n_rows).astype(np.float64)
    deviation = count - count.mean()
    variance = float((deviation**2).mean())
    return float((deviation**3).mean() / variance**1.5) if variance > 0 else 0.0
