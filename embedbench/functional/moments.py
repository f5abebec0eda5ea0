"""Closed forms from sufficient statistics: sums over rows, so that batches and ranks only have to be added."""

from __future__ import annotations

import torch
from torch import Tensor


def covariance(count: Tensor, total: Tensor, outer: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and maximum-likelihood covariance from sums.

    Args:
        count: Number of rows, a scalar.
        total: Σ x, ``(features,)``.
        outer: Σ x xᵀ, ``(features, features)``.

    Returns:
        Mean ``(features,)`` and covariance (divided by ``count``) ``(features, features)``.
    """
    mean = total / count
    return mean, outer / count - torch.outer(mean, mean)


def principal_axes(cov: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors of a covariance by falling eigenvalue (Pearson, 1901; Hotelling, 1933).

    The sign of an axis is free; here its entry of largest magnitude is positive, so that ranks and runs agree.

    Returns:
        Axes as rows ``(features, features)`` and their variances ``(features,)``, none below 0.
    """
    variance, vectors = torch.linalg.eigh(cov)  # rising
    axes, variance = vectors.T.flip(0), variance.flip(0).clamp(min=0)
    pivot = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return axes * torch.where(pivot < 0, -1.0, 1.0).to(axes.dtype), variance
