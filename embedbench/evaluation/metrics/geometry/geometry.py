"""How much of the input space's geometry the latent space keeps."""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.geometry import rank_correlation
from embedbench.evaluation.metrics.geometry.distances import Dense, Distances, Given, Sparse
from embedbench.evaluation.metrics.geometry.grid import PairGrid
from embedbench.evaluation.metrics.geometry.pairwise_pass import Comparison, compare
from embedbench.neighbors.normaliser import Real
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.rows import Rows
    from embedbench.evaluation.space import EmbeddingSpace

_DEPTHS = {10: "", 5: "@5", 50: "@50"}  # what stands behind the name for each k
_EXACT = 20_000  # query rows up to which all are looked from
_SAMPLE = 5_000  # of more
_PAIRS = 1_000_000  # whose order is looked at: all those of 1,414 rows
_LOSSES = 200_000  # by which it is known how much the order of all loses in a grid
_PARTS = 10  # of a sample
_LEAST = 4  # rows of which triplets can be made

_LOCAL = ("trustworthiness", "continuity", "knn_overlap", "knn_jaccard")
_UNIT, _SIGNED, _COUNT = Measure(0, 1, "higher"), Measure(-1, 1, "higher"), Measure(0, inf, "none")
_RANGES = {
    **dict.fromkeys(_LOCAL, _UNIT),
    "spearman": _SIGNED,
    "pearson": _SIGNED,
    "stress": Measure(0, 1, "lower"),
    "triplet_accuracy": _UNIT,
    "density_correlation": _SIGNED,
    **{f"{name}{depth}": _UNIT for depth in ("@5", "@50") for name in _LOCAL},
}
_MEASURES = {
    **_RANGES,
    **dict.fromkeys(("rows", "pairs", "triplets"), _COUNT),
    **{f"{name}_se": _COUNT for name in _RANGES},
}


@family("geometry", _MEASURES, needs="none")
def geometry(space: EmbeddingSpace) -> Values:
    """Query rows among themselves, input space against latent space; left out where the input space isn't known.

    Input distances are Euclidean, of texts between their tf-idf weights of length 1, of precomputed relations those;
    latent distances are the suite's. Neighbours are the 10 nearest other rows, or as many as the name says (``@5``,
    ``@50``). Equally distant rows rank in one random order, the same in both spaces and in every run.

    - ``trustworthiness``: 1 minus the scaled mean of how far outside of a row's input neighbourhood its latent
      neighbours are, in ranks (Venna & Kaski, 2001); 1/2 by chance. ``continuity``: the same with the spaces swapped.
      Both for k below half of the rows.
    - ``knn_overlap``: mean of the shared neighbours over k; ``knn_jaccard`` over the number of neighbours in either
      space. By chance k / (rows − 1), and about half of it.
    - ``spearman``, ``pearson``: correlation of the two distances over pairs of rows. ``stress``: √(Σ(δ − a d)² / Σδ²)
      of input distance δ and latent distance d, with the scale a that makes it least (Kruskal, 1964).
    - ``triplet_accuracy``: share of triplets of rows in which the same of two is nearer to the third; half by chance.
      Of those with no tie in the input space; one in the latent space counts half.
    - ``density_correlation``: Pearson's r of the logarithms of local radii, a local radius being the mean squared
      distance to the 10 neighbours of the same space (Narayan et al., 2021, with equal weights); without rows that
      coincide with all of their neighbours.

    All rows are looked from, up to 20,000; of more, 5,000 at random, whose neighbours and distances still are among all
    rows. ``rows`` says how many. Spearman's ρ is of all pairs of rows, or of a million of them if not all rows are
    looked from (``pairs``); of ``triplets`` there are at most half a million. What is of a sample has a standard error,
    ``<name>_se``: the standard deviation (n − 1) over ten parts of the sample, over √10.

    Beyond 1,414 rows, all pairs are ranked by their cell in a `Grid`, and what ρ loses by that is estimated from some
    200,000 of them, ranked both ways: ρ then has a standard error too: some 2e-5 of ordinary rows, and
    1e-3 where distances have long tails, so that most pairs share a few cells.
    """
    query = space.query
    n_rows = len(query)
    order = np.random.default_rng(0).permutation(n_rows)
    inputs = _inputs(query, order)
    if inputs is None or n_rows < _LEAST:
        return {}
    latents = Dense(space.query_rows, order, space.gallery.distance == "cosine")
    anchors = n_rows if n_rows <= _EXACT else _SAMPLE
    partners = min(n_rows // 2, _PAIRS // anchors)
    every = anchors == n_rows
    grid = PairGrid(inputs, latents) if every and partners < n_rows // 2 else None
    seen = compare(inputs, latents, min(max(_DEPTHS), n_rows - 1), partners, anchors, grid)
    pairs = n_rows * (n_rows - 1) // 2 if every else anchors * partners
    counts = {"rows": anchors, "pairs": pairs, "triplets": rank_correlation.triplet_accuracy(_even(seen.pairs))[1]}
    found: dict[str, float | NDArray[np.float64]] = {**figures(seen, grid)}
    if every:
        found |= {name: values[order.argsort()] for name, values in of_rows(seen).items()}
        parts = [_triplets(part) for part in _by_partners(seen.pairs)]
    else:
        parts = [figures(part) for part in _by_rows(seen)]
    return found | {name: float(count) for name, count in counts.items()} | _errors(parts)


def figures(seen: Comparison, grid: PairGrid | None = None) -> dict[str, float]:
    """Every figure that is defined, by its name; see `geometry`.

    Args:
        seen: What some rows see.
        grid: All pairs of rows, if what was seen has not all of them.
    """
    anchors, n_rows = len(seen.sums), seen.rows
    found: dict[str, float | None] = {name: float(values.mean()) for name, values in of_rows(seen).items()}
    sums = seen.sums.sum(axis=0)
    found["pearson"] = rank_correlation.pearson(sums, anchors * (n_rows - 1))
    found["stress"] = rank_correlation.stress_of_sums(sums)
    found["density_correlation"] = rank_correlation.density_correlation(seen.radius)
    local = {name: value for name, value in found.items() if value is not None}
    spearman = _spearman(seen.pairs, n_rows) if grid is None else _gridded(seen.pairs, grid)
    return local | spearman | _triplets(seen.pairs)


def of_rows(seen: Comparison) -> dict[str, NDArray[np.float64]]:
    """Values of the rows looked from, in their order, of the figures that are means over them, ``(anchors,)`` each."""
    found = {}
    for k, depth in _DEPTHS.items():
        if 2 * k < seen.rows:
            found[f"trustworthiness{depth}"] = rank_correlation.rank_scores(seen.input_rank, k, seen.rows)
            found[f"continuity{depth}"] = rank_correlation.rank_scores(seen.latent_rank, k, seen.rows)
        if k < seen.rows:
            found[f"knn_overlap{depth}"], found[f"knn_jaccard{depth}"] = rank_correlation.overlaps(seen.input_rank, k)
    return found


def _inputs(query: Rows, order: NDArray[np.int64]) -> Distances | None:
    """Distances in the input space, if it is known."""
    if query.relations is not None:
        return Given(query.relations, order)
    if query.x is None:
        return None
    return Dense(query.x, order) if isinstance(query.x, np.ndarray) else Sparse(query.x, order)


def _spearman(pairs: Real, n_rows: int) -> dict[str, float]:
    """Of distances to some partners ``(anchors, partners, 2)``."""
    anchors, partners, _ = pairs.shape
    distinct = pairs.reshape(-1, 2)
    if 2 * partners == n_rows == anchors:  # the last partners are half the rows away, and seen from both sides
        distinct = np.concatenate([pairs[:, :-1].reshape(-1, 2), pairs[: n_rows // 2, -1]])
    value = rank_correlation.spearman(distinct[:, 0], distinct[:, 1])
    return {} if value is None else {"spearman": value}


def _gridded(pairs: Real, grid: PairGrid) -> dict[str, float]:
    """Of all pairs by their cells, and what ten parts of a sample ``(anchors, partners, 2)`` lose by theirs."""
    lost = []
    for part in _by_partners(pairs[:, : max(2 * _PARTS, _LOSSES // len(pairs))]):
        one, other = part[..., 0], part[..., 1]
        value = rank_correlation.spearman(one.ravel(), other.ravel())
        if value is None:
            return {}
        lost.append(value - rank_correlation.spearman_of_counts(grid.count(one, other)))
    whole = rank_correlation.spearman_of_counts(grid.counts) + float(np.mean(lost))
    return {"spearman": min(1.0, max(-1.0, whole)), "spearman_se": float(np.std(lost, ddof=1)) / sqrt(len(lost))}


def _triplets(pairs: Real) -> dict[str, float]:
    """Of distances to some partners ``(anchors, partners, 2)``, two of which and the anchor are a triplet."""
    share, known = rank_correlation.triplet_accuracy(_even(pairs))
    return {"triplet_accuracy": share} if known else {}


def _even(pairs: Real) -> Real:
    return pairs[:, : pairs.shape[1] // 2 * 2]


def _by_rows(seen: Comparison) -> list[Comparison]:
    """Tenths of what was seen, each from some of the rows."""
    parts = zip(*(np.array_split(values, _PARTS) for values in seen[1:]), strict=True)
    return [Comparison(seen.rows, *part) for part in parts]


def _by_partners(pairs: Real) -> list[Real]:
    """Tenths of the distances ``(anchors, partners, 2)``, each from all rows to some of their partners, in twos."""
    half = pairs.shape[1] // 2
    return [pairs[:, 2 * part[0] : 2 * part[-1] + 2] for part in np.array_split(np.arange(half), min(half, _PARTS))]


def _errors(parts: list[dict[str, float]]) -> dict[str, float]:
    """Standard errors of what all parts of a sample have, if there are at least two."""
    if len(parts) < 2:
        return {}
    values = {name: [part[name] for part in parts] for name in parts[0] if all(name in part for part in parts)}
    return {f"{name}_se": float(np.std(found, ddof=1)) / sqrt(len(parts)) for name, found in values.items()}
