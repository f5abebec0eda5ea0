"""Closed forms from sufficient statistics: sums over rows, so that batches and ranks only have to be added."""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = 1e-6  # of a variance, in units of the median one: a standard deviation of a thousandth
_ROUNDING = 1e-12  # of the largest variance: less is what rounding leaves of a constant


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


def varying(variances: Tensor) -> Tensor:
    """Which features vary enough for a density: those whose spread is a thousandth of the median one's, or more.

    The spread of a feature that is nearly constant says nothing of how far another row may lie: one train row that
    differs by 1/255 would put a row that differs by 1 thousands of standard deviations away. Being a median of the
    features that vary at all, the unit stays whatever units a few of them have.

    Args:
        variances: ``(features,)``, none below 0.

    Returns:
        Booleans ``(features,)``; none is true if all features are constant.
    """
    some = variances[variances > _ROUNDING * variances.max()]
    return variances >= _LEAST * some.median() if len(some) else variances > 0


def principal_axes(cov: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors of a covariance by falling eigenvalue (Pearson, 1901; Hotelling, 1933).

    The sign of an axis is free; here its entry of largest magnitude is positive, so that ranks and runs agree.

    Returns:
        Axes as rows ``(features, features)`` and their variances ``(features,)``, none below 0.
    """
    variance, vectors = torch.linalg.eigh(cov)  # rising
    return _signed(vectors.T.flip(0)), variance.flip(0).clamp(min=0)


def axes_of_rows(centred: Tensor) -> tuple[Tensor, Tensor]:
    """As `principal_axes` of the covariance of rows, but out of the rows: for fewer rows than features.

    Args:
        centred: Rows less their mean, ``(rows, features)``.

    Returns:
        As many axes as there are rows, ``(rows, features)``, and their variances ``(rows,)``.
    """
    axes, spread, _ = torch.linalg.svd(centred.T.contiguous(), full_matrices=False)  # tall: 15 times as fast as wide
    return _signed(axes.T), spread.square() / len(centred)


def _signed(axes: Tensor) -> Tensor:
    pivot = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return axes * torch.where(pivot < 0, -1.0, 1.0).to(axes.dtype)
