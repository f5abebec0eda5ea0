"""What the query rows look like without any label: their spread, directions and hubs."""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import family
from embedbench.evaluation.space import directions
from embedbench.neighbors.normaliser import Normaliser, Real, parts
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_NEAR = 10
_BLOCK = 4_000_000  # numbers held at a time (16 MB)
_EXACT = 20_000  # query rows up to which all pairs are looked at
_ANCHORS = 5_000  # of more, the rows whose pairs are
_PARTS = 10  # of a sample
_MEASURES = {
    "effective_rank": Measure(0, inf, "none"),
    "uniformity": Measure(-8, 0, "none"),
    "anisotropy": Measure(-1, 1, "none"),
    "hubness": Measure(-inf, inf, "lower"),
    "uniformity_se": Measure(0, inf, "none"),
    "search_recall": Measure(0, 1, "none"),
}


@family("latent", _MEASURES, needs="none")
def latent(space: EmbeddingSpace) -> dict[str, float]:
    """Effective rank, uniformity and anisotropy of the query rows; hubness of the gallery rows among the queries.

    Uniformity and anisotropy need two query rows, hubness ten gallery rows, or they are left out. Uniformity is of all
    pairs up to 20,000 query rows; of more, of the pairs of 5,000 random ones with all others, with ``uniformity_se``,
    its standard error: the standard deviation (n − 1) over ten parts of them, over √10. Where the suite's ``index``
    isn't exact, ``search_recall`` is the measured share of the 10 nearest gallery rows that it found: hubness and the
    probe by neighbours are of those that it found.
    """
    z = space.query.z
    scores = {"effective_rank": effective_rank(z)}
    if len(z) > 1:
        unit = directions(z)
        scores |= {**uniformities(unit.astype(np.float32)), "anisotropy": anisotropy(unit)}
    n_rows = len(space.gallery.rows)
    if n_rows >= _NEAR:
        scores["hubness"] = hubness(space.neighbors(_NEAR), n_rows)
    return scores if space.recall is None else {**scores, "search_recall": space.recall}


def effective_rank(z: Real) -> float:
    """Exponential of the entropy of the singular values' shares, in [1, dim] (Roy & Vetterli, 2007).

    The rows ``(rows, dim)`` are centred first; 0 if they are all equal.

    >>> round(effective_rank(np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)), 6)
    2.0
    """
    normaliser = Normaliser.of(z)
    blocks = [z[some] for some in parts(z.shape, _BLOCK)]
    mean = sum(normaliser.centred(block).sum(axis=0) for block in blocks) / len(z)
    triangle = np.empty((0, z.shape[1]))
    for block in blocks:  # the singular values of a block's triangle are its own
        apart = normaliser.centred(block) - mean
        triangle = np.asarray(np.linalg.qr(np.concatenate([triangle, apart]), mode="r"))
    values = np.linalg.svd(triangle, compute_uv=False)
    total = values.sum()
    if total == 0:
        return 0.0
    share = values[values > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))


def uniformities(unit: NDArray[np.float32]) -> dict[str, float]:
    """Uniformity of directions ``(rows, dim)``, of a sample of pairs and with its standard error if they are many."""
    if len(unit) <= _EXACT:
        return {"uniformity": uniformity(unit)}
    anchors = np.random.default_rng(0).choice(len(unit), _ANCHORS, replace=False)
    means = potentials(unit, anchors)
    pieces = [np.log(piece.mean()) for piece in np.array_split(means, _PARTS)]
    return {"uniformity": float(np.log(means.mean())), "uniformity_se": float(np.std(pieces, ddof=1)) / sqrt(_PARTS)}


def uniformity(unit: NDArray[np.float32]) -> float:
    """Log of the mean of ``exp(-2 |u - v|²)`` over pairs of distinct rows, in [-8, 0] (Wang & Isola, 2020, t = 2).

    The more evenly the directions ``(rows, dim)``, at least 2, cover the sphere, the lower.
    """
    return min(0.0, float(np.log(potentials(unit, np.arange(len(unit))).mean())))


def potentials(unit: NDArray[np.float32], anchors: NDArray[np.int64]) -> NDArray[np.float64]:
    """Means of ``exp(-2 |u - v|²)`` over all rows v other than the anchor u, ``(anchors,)``.

    Args:
        unit: Directions ``(rows, dim)``, at least 2.
        anchors: Row numbers.
    """
    squares = np.einsum("ij,ij->i", unit, unit)
    means = np.empty(len(anchors))
    for some in parts((len(anchors), len(unit)), _BLOCK):
        block = anchors[some]
        potential = (4 * unit[block]) @ unit.T
        potential -= 2 * squares
        potential -= 2 * squares[block, None]
        np.exp(potential, out=potential)
        potential[np.arange(len(block)), block] = 0
        means[some] = potential.sum(axis=1, dtype=np.float64)
    return means / (len(unit) - 1)


def anisotropy(unit: Real) -> float:
    """Mean cosine of pairs of distinct rows, in [-1, 1]; 0 for directions without a preferred one (Ethayarajh, 2019).

    Of directions ``(rows, dim)``, at least 2, by ``|Σu|² = Σ|u|² + Σ cos`` without looking at pairs.
    """
    total = unit.sum(axis=0, dtype=np.float64)
    own = np.einsum("ij,ij->", unit, unit, dtype=np.float64)
    return float(np.clip((total @ total - own) / (len(unit) * (len(unit) - 1)), -1, 1))


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
