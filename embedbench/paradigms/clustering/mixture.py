"""Mixtures of Gaussians: densities, sufficient statistics and their maximum likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from embedbench.functional.gaussian import LOG_2_PI

_STEPS, _TOLERANCE = 200, 1e-4  # of expectation maximisation, and the rise in nats a row that ends it
_BLOCK = 4096  # rows at a time
_EMPTY = 1e-6  # rows: a component that is responsible for less is split anew
_ROUNDING = 1e-12  # of the largest variance of a component: what float64 can tell from 0 in another direction


class Mixture(NamedTuple):
    """Parameters of the model.

    Attributes:
        weights: π, ``(clusters,)``, summing to 1.
        means: μ, ``(clusters, features)``.
        precision_cholesky: P with P Pᵀ = Σ⁻¹, which brings a component's rows to unit covariance: 1/σ,
            ``(clusters, features)``, or for full covariances Σ = L Lᵀ the inverse L⁻ᵀ, ``(clusters, features,
            features)``.
    """

    weights: Tensor
    means: Tensor
    precision_cholesky: Tensor


def log_joint(model: Mixture, x: Tensor) -> Tensor:
    """Log π_k N(x; μ_k, Σ_k) in nats, ``(batch, features) -> (batch, clusters)``.

    Its logsumexp over the clusters is log p(x), its softmax the responsibilities (Bishop, 2006, equation 9.23).
    """
    roots = model.precision_cholesky
    if roots.dim() == 2:
        log_det, precision = roots.log().sum(1), roots.square()
        # Multiplied out, which is a product of matrices: Σ (x − m)²/v = x²·(1/v) − 2 x·(m/v) + Σ m²/v. From an origin
        # among the means, since an offset would cost the difference its digits.
        origin = model.means.mean(0)
        x, means = x - origin, model.means - origin
        square = x.square() @ precision.T - 2 * x @ (means * precision).T
        square = (square + (means.square() * precision).sum(1)).clamp(min=0)  # (batch, clusters)
    else:
        log_det = roots.diagonal(dim1=1, dim2=2).log().sum(1)
        scaled = ((x - mean) @ root for mean, root in zip(model.means, roots, strict=True))
        square = torch.stack([part.square().sum(1) for part in scaled], dim=1)
    return log_det - 0.5 * (square + x.shape[1] * LOG_2_PI) + model.weights.log()


def statistics(x: Tensor, responsibilities: Tensor, *, full: bool) -> dict[str, Tensor]:
    """Sums over rows that the next parameters follow from; those of batches and ranks add up.

    Args:
        x: ``(batch, features)``.
        responsibilities: ``(batch, clusters)``.
        full: Whether to sum all products of two features, and not the squares alone.

    Returns:
        ``count`` ``(clusters,)``, ``total`` ``(clusters, features)``, and ``outer`` of the shape of the covariances.
    """
    weights = responsibilities.T  # (clusters, batch)
    outer = torch.stack([(x * weight[:, None]).T @ x for weight in weights]) if full else weights @ x.square()
    return {"count": responsibilities.sum(0), "total": weights @ x, "outer": outer}


def maximise(sums: dict[str, Tensor], floor: float | Tensor) -> tuple[Mixture, int]:
    """The mixture of highest likelihood given the sums (Bishop, 2006, equations 9.24 to 9.26).

    A component that is responsible for nothing is repaired: it takes half of the largest one, and stands one standard
    deviation from it along the feature of largest variance.

    Args:
        sums: Of all rows, as ``statistics`` gives them.
        floor: Added to every variance, above 0: a component that shrinks to a point has no bounded density; one for
            all features, or ``(features,)``.

    Returns:
        The mixture, and how many components were repaired.
    """
    count, rows = sums["count"], sums["count"].sum()
    safe = count.clamp(min=_EMPTY)
    means = sums["total"] / safe[:, None]
    full = sums["outer"].dim() == 3
    if full:
        cov = sums["outer"] / safe[:, None, None] - means[:, :, None] * means[:, None, :]
        cov.diagonal(dim1=1, dim2=2).clamp_(min=0).add_(floor)
    else:
        cov = (sums["outer"] / safe[:, None] - means.square()).clamp(min=0) + floor
    weights = count / rows
    empty = (count < _EMPTY).nonzero()[:, 0].tolist()
    for k in empty:
        largest = int(weights.argmax())
        variances = cov[largest].diagonal() if full else cov[largest]
        widest = int(variances.argmax())
        means[k], cov[k] = means[largest], cov[largest]
        means[k, widest] += variances[widest].sqrt()
        weights[k] = weights[largest] = weights[largest] / 2
    return Mixture(weights, means, _precision_cholesky(cov)), len(empty)


class FittedEM(NamedTuple):
    """Where expectation maximisation ended.

    Attributes:
        model: The mixture.
        log_likelihood: Its mean over the rows, in nats.
        steps: That were made.
        repaired: How often a component was empty.
    """

    model: Mixture
    log_likelihood: float
    steps: int
    repaired: int


def fit_em(
    rows: Tensor,
    centroids: Tensor,
    *,
    full: bool,
    floor: float | Tensor,
    gather: Callable[[Tensor], Tensor] = lambda part: part,
) -> FittedEM:
    """Expectation maximisation (Dempster, Laird & Rubin, 1977) from hard clusters around centroids.

    It ends when the mean log-likelihood rises by less than 1e-4 nats, or after 200 steps.

    Args:
        rows: Those of this rank, around 0, float64 ``(rows, features)``.
        centroids: ``(clusters, features)``.
        full: Whether covariances are full, and not diagonal.
        floor: Added to every variance, above 0; one for all features, or ``(features,)``.
        gather: Adds a sum up over ranks.
    """
    log_joint_of: Callable[[Tensor], Tensor] = partial(_nearest, centroids)
    last, repaired = -math.inf, 0
    for step in range(_STEPS + 1):
        sums = {name: gather(part) for name, part in _sums(rows, log_joint_of, full=full).items()}
        now = float(sums.pop("log_likelihood") / sums["count"].sum())
        if step > 1 and (now - last < _TOLERANCE or step == _STEPS):
            break
        model, more = maximise(sums, floor)
        log_joint_of, last, repaired = partial(log_joint, model), now, repaired + more
    return FittedEM(model, now, step, repaired)


def parameters(clusters: int, features: int, *, full: bool) -> int:
    """Free parameters of a mixture: weights, means and covariances."""
    return clusters - 1 + clusters * features + clusters * (features * (features + 1) // 2 if full else features)


def _precision_cholesky(cov: Tensor) -> Tensor:
    if cov.dim() == 2:
        return cov.rsqrt()
    lower, flaw = torch.linalg.cholesky_ex(cov)  # (clusters, features, features)
    if flaw.any():  # rows that hardly differ, far from 0: rounding has left a variance below 0 in some direction
        variance, axes = torch.linalg.eigh(cov)
        least = _ROUNDING * variance[:, -1:].clamp(min=torch.finfo(cov.dtype).tiny)
        spread = (axes * variance.clamp(min=least)[:, None]) @ axes.transpose(1, 2)
        lower = torch.linalg.cholesky(torch.where(flaw[:, None, None] > 0, spread, cov))
    unit = torch.eye(cov.shape[1], dtype=cov.dtype, device=cov.device).expand_as(cov)
    inverse: Tensor = torch.linalg.solve_triangular(lower, unit, upper=False)
    return inverse.transpose(1, 2)


def _sums(rows: Tensor, log_joint_of: Callable[[Tensor], Tensor], *, full: bool) -> dict[str, Tensor]:
    """Statistics and log-likelihood of all rows, given log p(x, cluster)."""
    sums: dict[str, Tensor] = {}
    for block in torch.split(rows, _BLOCK):
        joint = log_joint_of(block)  # (batch, clusters)
        found = statistics(block, joint.softmax(1), full=full)
        found["log_likelihood"] = joint.logsumexp(1).sum()
        sums = {name: part + sums.get(name, 0) for name, part in found.items()}
    return sums


def _nearest(centroids: Tensor, rows: Tensor) -> Tensor:
    """Log-probabilities of hard clusters: 0 for the nearest centroid, minus infinity for the others."""
    nearest = torch.cdist(rows, centroids).argmin(1, keepdim=True)
    return rows.new_full((len(rows), len(centroids)), -torch.inf).scatter(1, nearest, 0.0)
