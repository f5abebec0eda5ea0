"""Losses that draw neighbours together and push other rows apart, by a kernel of their latent distance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import curve_fit
from torch import Tensor
from torch.nn.functional import softplus

_NEAR = 1e-3  # keeps the slope finite between rows at one place; umap-learn's value


class Curve(NamedTuple):
    """The kernel q = 1 / (1 + a d^2b) of the latent distance d."""

    a: float
    b: float


def curve(min_dist: float, spread: float) -> Curve:
    """The kernel nearest to 1 up to ``min_dist`` and exp(−(d − min_dist) / spread) beyond it (McInnes et al., 2018).

    By least squares over 300 distances up to 3 ``spread``, as umap-learn fits it.

    Args:
        min_dist: 0 or more, below 3 ``spread``.
        spread: Above 0.

    >>> [round(value, 4) for value in curve(0.1, 1.0)]
    [1.5769, 0.8951]
    """
    distance = np.linspace(0, 3 * spread, 300)
    wanted = np.exp(-np.maximum(distance - min_dist, 0) / spread)
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distance, wanted)
    return Curve(float(a), float(b))


class Positives(NamedTuple):
    """Latent points and what they are compared with.

    Attributes:
        anchor: ``(batch, dim)``.
        positive: A neighbour of each, ``(batch, dim)``.
        other: Rows that stand for all rows, ``(others, dim)``.
        counted: Which of these an anchor is pushed from, bool ``(batch, others)``.
    """

    anchor: Tensor
    positive: Tensor
    other: Tensor
    counted: Tensor


def both_ways(z: Tensor, number: Tensor, positive: Tensor) -> Positives:
    """Pairs of rows that attract each other, of which all others of the batch are what each is pushed from.

    Args:
        z: First of each pair, then, in the same order, second, ``(2 pairs, dim)``.
        number: Which row each is, int64 ``(2 pairs,)``.
        positive: Which row its positive is, int64 ``(2 pairs,)``; a row isn't pushed from itself nor from its positive.
    """
    counted = (number[:, None] != number) & (positive[:, None] != number)
    return Positives(z, z.roll(len(z) // 2, 0), z, counted)


def umap(pairs: Positives, kernel: Curve, negatives: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy with negative sampling: −log q of positives, and of others −log(1 − q), ``negatives`` times.

    Both are means, in nats: over anchors, and over all pairs that count (McInnes et al., 2018; with a network in place
    of free points Sainburg et al., 2021).
    """
    near = _logits((pairs.anchor - pairs.positive).square().sum(1), kernel)  # (batch,)
    far = softplus(_logits(_squares(pairs.anchor, pairs.other), kernel))  # (batch, others)
    pushed = far.masked_fill(~pairs.counted, 0).sum() / pairs.counted.sum().clamp(min=1)
    return softplus(-near).mean(), negatives * pushed


def infonce(pairs: Positives) -> Tensor:
    """How surely the positive is told from the others: −log(q / (q + Σ q of others)), a mean over anchors in nats.

    InfoNC-t-SNE (Damrich et al., 2023), by Cauchy's kernel q = 1 / (1 + d²); 0 or more.
    """
    near = -torch.log1p((pairs.anchor - pairs.positive).square().sum(1, keepdim=True))  # (batch, 1)
    far = (-torch.log1p(_squares(pairs.anchor, pairs.other))).masked_fill(~pairs.counted, -torch.inf)  # (batch, others)
    return (torch.logsumexp(torch.cat([near, far], 1), 1) - near[:, 0]).mean()


def _logits(square: Tensor, kernel: Curve) -> Tensor:
    """The log-odds of q: −log(a d^2b)."""
    return -(math.log(kernel.a) + kernel.b * (square + _NEAR).log())


def _squares(one: Tensor, other: Tensor) -> Tensor:
    """Squared distances, ``(batch, dim)`` and ``(others, dim)`` to ``(batch, others)``."""
    both = one.square().sum(1)[:, None] + other.square().sum(1)
    return (both - 2 * one @ other.T).clamp(min=0)
