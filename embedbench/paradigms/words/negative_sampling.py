"""Skip-gram and CBOW with negative sampling (Mikolov et al., 2013): losses with their gradients, in closed form.

The negatives are shared by the words of a block: each counts ``negatives`` / (their number) times for every pair. That
is the same loss in expectation as drawing them for each pair, and turns dot products into matrix products.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus


class Gradient(NamedTuple):
    """A loss and where it rises.

    Attributes:
        loss: Sum over all predictions, in nats.
        predictions: How many there are.
        inputs: Gradient by the input vectors, of their shape.
        outputs: Gradient by the output vectors, of their shape.
    """

    loss: Tensor
    predictions: Tensor
    inputs: Tensor
    outputs: Tensor


def cumulative(counts: Tensor, power: float) -> Tensor:
    """Running sum of the negatives' noise distribution, proportional to count^power, float64 ``(words,)``."""
    sums = counts.double().pow(power).cumsum(0)
    return sums / sums[-1]


def sample_words(noise: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Word numbers drawn from a noise distribution given by its running sum ``(words,)``, int64 of that shape."""
    uniform = torch.rand(shape, dtype=noise.dtype, generator=generator, device=noise.device)
    return torch.searchsorted(noise, uniform, right=True)


def skip_gram(inputs: Tensor, outputs: Tensor, near: Tensor, negatives: int) -> Gradient:
    """Each word x predicts each word y near it: Σ −log σ(x·y) − negatives · mean over noise n of log σ(−x·n).

    Args:
        inputs: Of the words of each block, ``(blocks, size, dim)``.
        outputs: Of the words around and of the block's noise behind them, ``(blocks, width + noise, dim)``.
        near: Which are near, 0 or 1, ``(blocks, size, width)``.
        negatives: How much the noise counts for one pair.
    """
    width = near.shape[2]
    pairs = near.sum(2, keepdim=True)  # (blocks, size, 1)
    noise = (pairs * (negatives / (outputs.shape[1] - width))).expand(-1, -1, outputs.shape[1] - width)
    weight = torch.cat([near, noise], dim=2)  # (blocks, size, width + noise)
    logits = inputs @ outputs.transpose(1, 2)
    loss = (softplus(logits) * weight).sum() - (logits[:, :, :width] * near).sum()
    slope = logits.sigmoid_().mul_(weight)
    slope[:, :, :width] -= near
    return Gradient(loss, pairs.sum(), slope @ outputs, slope.transpose(1, 2) @ inputs)


def cbow(inputs: Tensor, outputs: Tensor, near: Tensor, negatives: int) -> Gradient:
    """The mean h of the words near it predicts each word y: Σ −log σ(h·y) − negatives · mean of log σ(−h·n).

    The gradient by a word near is divided by their number, as it should be; word2vec.c doesn't (İrsoy et al., 2021).

    Args:
        inputs: Of the words around each block, ``(blocks, width, dim)``.
        outputs: Of the words of the block and of its noise behind them, ``(blocks, size + noise, dim)``.
        near: Which are near, 0 or 1, ``(blocks, size, width)``.
        negatives: How much the noise counts for one word.
    """
    size = near.shape[1]
    pairs = near.sum(2, keepdim=True)  # (blocks, size, 1)
    share = near / pairs.clamp(min=1)
    mean = share @ inputs  # (blocks, size, dim)
    known = (pairs > 0).to(mean.dtype)
    target, noise = outputs[:, :size], outputs[:, size:]
    hit = (mean * target).sum(2, keepdim=True)  # (blocks, size, 1)
    miss = mean @ noise.transpose(1, 2)  # (blocks, size, noise)
    weight = known * (negatives / noise.shape[1])
    loss = (softplus(-hit) * known).sum() + (softplus(miss) * weight).sum()
    rise, fall = -torch.sigmoid(-hit) * known, miss.sigmoid_().mul_(weight)
    by_mean = rise * target + fall @ noise
    by_outputs = torch.cat([rise * mean, fall.transpose(1, 2) @ mean], dim=1)
    return Gradient(loss, known.sum(), share.transpose(1, 2) @ by_mean, by_outputs)
