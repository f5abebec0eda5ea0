"""What a generative model says of the query rows: the bound it maximises, its parts, and the log-likelihood."""

from __future__ import annotations

from math import inf, log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.neighbors.normaliser import Real
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_ACTIVE = 0.01
_NATS = {
    "elbo": Measure(-inf, inf, "higher"),
    "reconstruction": Measure(-inf, inf, "higher"),
    "kl": Measure(-inf, inf, "none"),
    "log_likelihood": Measure(-inf, inf, "higher"),
}
_TURNED = {"higher": "lower", "none": "none"}  # bits are costs: −log₂ p
_BITS = {f"{name}_bits_per_dim": Measure(-inf, inf, _TURNED[one.better]) for name, one in _NATS.items()}  # type: ignore[arg-type]
_MEASURES = {
    **_NATS,
    "gap": Measure(0, inf, "lower"),
    "active_units": Measure(0, inf, "none"),
    **_BITS,
    "log_likelihood_median": Measure(-inf, inf, "higher"),
    "log_likelihood_tail": Measure(0, 1, "none"),
}


@family("generative", _MEASURES, needs="none", live=False)
def generative(space: EmbeddingSpace) -> Values:
    """Means over the query rows, in nats per row with all constants; left out for models that aren't generative.

    ``elbo`` = ``reconstruction`` − ``kl``, with ``reconstruction`` = E_q[log p(x|z)] and ``kl`` = KL(q(z|x) ‖ p(z)).
    ``log_likelihood`` is log p(x): exact for linear Gaussian models, which also have the ``gap`` log p(x) − ELBO, else
    the importance-weighted bound (Burda et al., 2016) of as many samples as the suite's ``importance_samples``.
    For images the same numbers in bits per dimension: −nats / (pixels · ln 2), and kl / (pixels · ln 2). A density is
    that of pixels in [0, 1]; add 8 to compare it with one over 256 levels. ``active_units``: see `active_units`.

    A mean may rest on a few rows that a model gives almost no density: ``log_likelihood_median`` is the median over
    rows, and ``log_likelihood_tail`` the part of all absolute differences from it that the 1 % of the rows (rounded up)
    that are furthest below it make, 0 if all rows are alike.
    """
    nats, pixels = space.query.scores.get("generative"), space.query.pixels
    if not nats:
        return {}
    scores = dict(nats)
    if pixels is not None:
        sign = {name: 1 if name == "kl" else -1 for name in _NATS}
        scores |= {f"{name}_bits_per_dim": sign[name] * scores[name] / (pixels * log(2)) for name in _NATS}
    found: dict[str, Any] = {**scores, "active_units": float(active_units(space.query.z))}
    return found | (_middle_and_tail(nats["log_likelihood"]) if "log_likelihood" in nats else {})


def _middle_and_tail(nats: NDArray[np.float64]) -> dict[str, float]:
    """Median of the rows' log-likelihoods ``(rows,)``, and the weight of those far below it."""
    median = float(np.median(nats))
    below = np.sort(median - nats)[::-1]
    total, rows = float(np.abs(below).sum()), -(-len(nats) // 100)
    tail = float(below[:rows].clip(min=0).sum()) / total if total else 0.0
    return {"log_likelihood_median": median, "log_likelihood_tail": tail}


def active_units(mean: Real) -> int:
    """Coordinates of the posterior mean ``(rows, dim)`` whose variance over rows is above 0.01 (Burda et al., 2016)."""
    return int((mean.var(axis=0, dtype=np.float64) > _ACTIVE).sum())
