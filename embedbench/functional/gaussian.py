"""Densities of diagonal Gaussians, in nats per row, constants kept."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

LOG_2_PI = math.log(2 * math.pi)


def log_normal(x: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """Log-density of ``x`` under N(mean, diag exp(log_sigma)²), summed over the axes of one row.

    Args:
        x: ``(batch, *shape)``.
        mean: ``(..., batch, *shape)``.
        log_sigma: Logarithm of the standard deviation; any shape that broadcasts to ``mean``.

    Returns:
        ``(..., batch)`` in nats.
    """
    if log_sigma.dim() == 0:  # one σ for all is taken out of the sums, which costs half as many passes
        square = mse_loss(mean, x.expand_as(mean), reduction="none")  # (..., batch, *shape)
        features = math.prod(x.shape[1:])
        total = -0.5 * torch.exp(-2 * log_sigma) * square.flatten(1 - x.dim()).sum(-1)
        return total - features * (log_sigma + 0.5 * LOG_2_PI)
    scaled = (x - mean) * torch.exp(-log_sigma)
    each = -0.5 * (scaled.square() + LOG_2_PI) - log_sigma  # (..., batch, *shape)
    return each.flatten(1 - x.dim()).sum(-1)


def log_standard_normal(z: Tensor) -> Tensor:
    """Log-density under N(0, I), ``(..., dim) -> (...)`` in nats."""
    return -0.5 * (z.square() + LOG_2_PI).sum(-1)


def log_normal_mixture(z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """Log-density under the even mixture of ``components`` diagonal Gaussians.

    Args:
        z: ``(..., dim)``.
        mean: ``(components, dim)``.
        log_var: ``(components, dim)``.

    Returns:
        ``(...)`` in nats.
    """
    precision = torch.exp(-log_var)
    # Multiplied out, so that no (..., components, dim) is held: Σ (z − m)²/v = z²·(1/v) − 2 z·(m/v) + Σ m²/v.
    square = z.square() @ precision.T - 2 * z @ (mean * precision).T + (mean.square() * precision).sum(1)
    each = -0.5 * (square + (log_var + LOG_2_PI).sum(1))  # (..., components)
    return each.logsumexp(-1) - math.log(len(mean))


def kl_each(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) ‖ N(0, 1)) of each coordinate, ½ (mean² + var − 1 − log var), in nats, 0 or more."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


def kl_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, diag exp(log_var)) ‖ N(0, I)) = ½ Σ (mean² + var − 1 − log var) (Kingma & Welling, 2014, appendix B).

    Args:
        mean: ``(batch, dim)``.
        log_var: ``(batch, dim)``.

    Returns:
        ``(batch,)`` in nats, 0 or more.
    """
    return kl_each(mean, log_var).sum(-1)


def kl_to_each(mean: Tensor, log_var: Tensor, means: Tensor, log_vars: Tensor) -> Tensor:
    """KL(N(mean, exp log_var) ‖ N(means_k, exp log_vars_k)) of diagonal Gaussians, to each of several.

    Args:
        mean: ``(batch, dim)``.
        log_var: ``(batch, dim)``.
        means: ``(components, dim)``.
        log_vars: ``(components, dim)``.

    Returns:
        ``(batch, components)`` in nats, 0 or more.
    """
    square = (mean[:, None] - means).square() + log_var[:, None].exp()  # (batch, components, dim)
    return 0.5 * (square * torch.exp(-log_vars) - 1 + log_vars - log_var[:, None]).sum(2)


def reparameterise(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """A draw z = μ + σ ⊙ ε from N(μ, diag σ²), differentiable in both, given ε ~ N(0, I) (Kingma & Welling, 2014).

    Args:
        mean: μ, ``(batch, dim)``.
        log_var: log σ², ``(batch, dim)``.
        noise: ε, ``(..., batch, dim)``.
    """
    return mean + torch.exp(0.5 * log_var) * noise
