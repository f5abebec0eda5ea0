"""Log-probabilities of whole numbers (and of grey values in [0, 1]), in nats per row, constants kept.

A row's features are the trailing axes that ``x`` has beside its first; parameters may have further axes in front.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def log_bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    """Σ x log p + (1 − x) log(1 − p) with p = sigmoid(logits).

    For grey values between 0 and 1 this is a cross-entropy, no log-probability: it isn't normalised over them.

    Args:
        x: In [0, 1], ``(batch, *shape)``.
        logits: ``(..., batch, *shape)``.

    Returns:
        ``(..., batch)`` in nats.
    """
    each = binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
    return -row_sum(each, x)


def log_poisson(x: Tensor, log_rate: Tensor) -> Tensor:
    """Σ x log λ − λ − log x! of independent counts.

    Args:
        x: Counts, ``(batch, *shape)``.
        log_rate: log λ, ``(..., batch, *shape)``.

    Returns:
        ``(..., batch)`` in nats.
    """
    return row_sum(x * log_rate - log_rate.exp() - torch.lgamma(x + 1), x)


def log_multinomial(x: Tensor, logits: Tensor) -> Tensor:
    """Counts given their sum n: log n! − Σ log x! + Σ x log softmax(logits), the softmax over a row's features.

    Args:
        x: Counts, ``(batch, *shape)``.
        logits: ``(..., batch, *shape)``.

    Returns:
        ``(..., batch)`` in nats.
    """
    flat = logits.flatten(1 - x.dim())  # (..., batch, features)
    counts = x.flatten(1)
    ways = torch.lgamma(counts.sum(1) + 1) - torch.lgamma(counts + 1).sum(1)  # (batch,)
    return ways + (counts * flat.log_softmax(-1)).sum(-1)


def row_sum(each: Tensor, x: Tensor) -> Tensor:
    """Sum over the axes of one row of ``x``, ``(..., batch, *shape) -> (..., batch)``."""
    return each.flatten(1 - x.dim()).sum(-1)
