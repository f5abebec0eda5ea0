"""Densities of diagonal Gaussians, in nats a row, constants kept."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOG_2_PI = math.log(2 * math.pi)


def log_normal(x: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """Log-density of ``x`` under N(mean, diag exp(log_sigma)²), summed over all axes but the first.

    Args:
        x: ``(batch, ...)``.
        mean: ``(batch, ...)``.
        log_sigma: Logarithm of the standard deviation; any shape that broadcasts to ``x``.

    Returns:
        ``(batch,)`` in nats.
    """
    scaled = (x - mean) * torch.exp(-log_sigma)
    each = -0.5 * (scaled.square() + LOG_2_PI) - log_sigma  # (batch, ...)
    return each.flatten(1).sum(1)


def kl_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, diag exp(log_var)) ‖ N(0, I)) = ½ Σ (mean² + var − 1 − log var) (Kingma & Welling, 2014, appendix B).

    Args:
        mean: ``(batch, dim)``.
        log_var: ``(batch, dim)``.

    Returns:
        ``(batch,)`` in nats, 0 or more.
    """
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1)


def reparameterise(mean: Tensor, log_var: Tensor) -> Tensor:
    """One draw z = μ + σ ⊙ ε with ε ~ N(0, I), differentiable in both arguments (Kingma & Welling, 2014)."""
    return mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
