"""What a generative model says of the query rows: the bound it maximises, its parts, and the log-likelihood."""

from __future__ import annotations

from math import inf, log
from typing import TYPE_CHECKING

import numpy as np

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
}


@family("generative", _MEASURES, needs="none", live=False)
def generative(space: EmbeddingSpace) -> Values:
    """Means over the query rows, in nats per row with all constants; left out for models that aren't generative.

    ``elbo`` = ``reconstruction`` − ``kl``, with ``reconstruction`` = E_q[log p(x|z)] and ``kl`` = KL(q(z|x) ‖ p(z)).
    ``log_likelihood`` is log p(x): exact for linear Gaussian models, which also have the ``gap`` log p(x) − ELBO, else
    the importance-weighted bound (Burda et al., 2016) of as many samples as the suite's ``importance_samples``.
    For images the same numbers in bits per dimension: −nats / (pixels · ln 2), and kl / (pixels · ln 2). A density is
    that of pixels in [0, 1]; add 8 to compare it with one over 256 levels. ``active_units``: see `active_units`.
    """
    nats, pixels = space.query.scores.get("generative"), space.query.pixels
    if not nats:
        return {}
    scores = dict(nats)
    if pixels is not None:
        sign = {name: 1 if name == "kl" else -1 for name in _NATS}
        scores |= {f"{name}_bits_per_dim": sign[name] * scores[name] / (pixels * log(2)) for name in _NATS}
    return {**scores, "active_units": float(active_units(space.query.z))}


def active_units(mean: Real) -> int:
    """Coordinates of the posterior mean ``(rows, dim)`` whose variance over rows is above 0.01 (Burda et al., 2016)."""
    return int((mean.var(axis=0, dtype=np.float64) > _ACTIVE).sum())
