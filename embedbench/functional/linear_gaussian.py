"""The linear Gaussian model z ~ N(0, I), x|z ~ N(W z + μ, Ψ) with diagonal Ψ: exact densities and maximum likelihood.

Everything in float64; every noise variance is above 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from embedbench.functional.gaussian import LOG_2_PI
from embedbench.functional.moments import principal_axes, varying
from embedbench.functional.second_moments import Covariance

HEYWOOD = 1e-6  # least share of the variance that is noise: at 0 the likelihood is unbounded (Heywood, 1931)


class Linear(NamedTuple):
    """Parameters of the model.

    Attributes:
        loadings: Wᵀ, ``(dim, features)``.
        offset: μ, ``(features,)``.
        noise: Diagonal of Ψ, ``(features,)``.
    """

    loadings: Tensor
    offset: Tensor
    noise: Tensor

    @property
    def precision(self) -> Tensor:
        """1/ψ, ``(features,)``."""
        return 1 / self.noise

    @property
    def information(self) -> Tensor:
        """M = I + Wᵀ Ψ⁻¹ W, the precision of z given x, ``(dim, dim)``."""
        scaled = self.loadings * self.precision
        prior = torch.eye(len(scaled), dtype=scaled.dtype, device=scaled.device)
        return torch.addmm(prior, scaled, self.loadings.T)


def posterior_mean(model: Linear, x: Tensor) -> Tensor:
    """E[z|x] = M⁻¹ Wᵀ Ψ⁻¹ (x − μ), ``(batch, features) -> (batch, dim)`` (Bishop, 2006, equation 12.66)."""
    projected = ((x - model.offset) * model.precision) @ model.loadings.T
    mean: Tensor = torch.linalg.solve(model.information, projected, left=False)
    return mean


def log_likelihood(model: Linear, x: Tensor) -> Tensor:
    """Log-density log N(x; μ, W Wᵀ + Ψ) by the matrix inversion lemma: no matrix of ``(features, features)`` is made.

    Args:
        model: Parameters.
        x: ``(batch, features)``.

    Returns:
        ``(batch,)`` in nats.
    """
    centred = x - model.offset
    mean = posterior_mean(model, x)
    # The square under the inverse covariance is (x−μ)ᵀ Ψ⁻¹ (x−μ) − (x−μ)ᵀ Ψ⁻¹ W E[z|x].
    square = (centred.square() * model.precision).sum(1)
    square = square - ((centred * model.precision) @ model.loadings.T * mean).sum(1)
    log_det = model.noise.log().sum() + torch.linalg.slogdet(model.information)[1]
    log_p: Tensor = -0.5 * (square + log_det + len(model.noise) * LOG_2_PI)
    return log_p


def expected_log_conditional(model: Linear, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """E[log p(x|z)] under z ~ N(mean, diag variance), in closed form.

    Args:
        model: Parameters.
        x: ``(batch, features)``.
        mean: ``(batch, dim)``.
        variance: ``(batch, dim)``.

    Returns:
        ``(batch,)`` in nats.
    """
    error = x - model.offset - mean @ model.loadings  # (batch, features)
    spread = variance @ (model.loadings.square() * model.precision).sum(1)  # (batch,)
    log_det = model.noise.log().sum()
    return -0.5 * ((error.square() * model.precision).sum(1) + spread + log_det + len(model.noise) * LOG_2_PI)


def fit_ppca(cov: Covariance, dim: int) -> tuple[Tensor, Tensor]:
    """Maximum likelihood of probabilistic PCA in closed form (Tipping & Bishop, 1999, equations 7 and 8).

    Args:
        cov: Maximum-likelihood covariance.
        dim: Latent size, below the number of features and of rows.

    Returns:
        Loadings ``(dim, features)`` and noise variances ``(features,)``, all equal: the mean of the left variances, or
        a millionth of the mean of all if that is more, since what is left where nothing is left is rounding.
    """
    axes, variance = cov.axes()
    features = axes.shape[1]
    noise = (variance[dim:].sum() / (features - dim)).clamp(min=HEYWOOD * float(variance.sum() / features))
    loadings = axes[:dim] * (variance[:dim] - noise).clamp(min=0).sqrt()[:, None]
    return loadings, noise.expand(features).clone()


def fit_factors(cov: Covariance, dim: int, tolerance: float, steps: int) -> tuple[Tensor, Tensor, int]:
    """Maximum likelihood of factor analysis by expectation maximisation on the covariance (Rubin & Thayer, 1982).

    It starts from probabilistic PCA of the correlations and ends when the mean log-likelihood has risen by less than
    ``tolerance`` nats over the last 100 steps. The loadings come rotated such that z given x has independent
    coordinates, the most informative first. Features that aren't `varying` have no loadings, and the median variance of
    the others as noise: what their own would come to says nothing of how far another row may lie.

    Args:
        cov: Maximum-likelihood covariance.
        dim: Latent size, below the number of `varying` features.
        tolerance: In nats per row.
        steps: Most steps.

    Returns:
        Loadings ``(dim, features)``, noise variances ``(features,)`` of at least `noise_floor`, and the steps made.
    """
    kept = varying(cov.variances)
    variances = cov.variances[kept]
    scale, floor = variances.sqrt(), noise_floor(variances) / variances
    corr = cov.correlations(kept)  # the maximum doesn't depend on units; equal ones make it quick to find
    loadings, noise = fit_ppca(corr, dim)
    last, made = -math.inf, 0
    for made in range(1, steps + 1):
        loadings, noise = _em_step(corr, loadings, noise, floor)
        if made % 100 == 0:
            now = _mean_log_likelihood(corr, loadings, noise)
            if now - last < tolerance:
                break
            last = now
    loadings, noise = _rotated(loadings, noise) * scale, noise * scale.square()
    whole = loadings.new_zeros(dim, len(kept)), variances.median().expand(len(kept)).clone()
    whole[0][:, kept], whole[1][kept] = loadings, noise
    return *whole, made


def noise_floor(variances: Tensor) -> Tensor:
    """A millionth of each variance, or of the median one where that is more, ``(features,)``."""
    return HEYWOOD * variances.clamp(min=float(variances.median()))


def _em_step(cov: Covariance, loadings: Tensor, noise: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
    scaled = loadings / noise  # (dim, features)
    information = torch.eye(len(loadings), dtype=scaled.dtype, device=scaled.device) + scaled @ loadings.T
    beta = torch.linalg.solve(information, scaled)  # (dim, features): E[z|x] = beta (x − μ)
    cross = cov.times(beta)  # (dim, features): mean of E[z] (x − μ)ᵀ
    second = torch.linalg.inv(information) + cross @ beta.T  # (dim, dim): mean of E[z zᵀ]
    loadings = torch.linalg.solve(second, cross)
    noise = (cov.variances - (loadings * cross).sum(0)).maximum(floor)
    return loadings, noise


def _mean_log_likelihood(cov: Covariance, loadings: Tensor, noise: Tensor) -> float:
    """By the matrix inversion lemma, as `log_likelihood`."""
    scaled = loadings / noise  # (dim, features)
    information = torch.eye(len(loadings), dtype=scaled.dtype, device=scaled.device) + scaled @ loadings.T
    trace = (cov.variances / noise).sum() - torch.linalg.solve(information, cov.times(scaled) @ scaled.T).trace()
    log_det = noise.log().sum() + torch.linalg.slogdet(information)[1]
    return -0.5 * float(log_det + trace + len(noise) * LOG_2_PI)


def _rotated(loadings: Tensor, noise: Tensor) -> Tensor:
    """The same model with a diagonal Wᵀ Ψ⁻¹ W, by falling entries."""
    axes, _ = principal_axes((loadings / noise) @ loadings.T)
    turned = axes @ loadings
    pivot = turned.gather(1, turned.abs().argmax(1, keepdim=True))
    return turned * torch.where(pivot < 0, -1.0, 1.0).to(turned.dtype)
