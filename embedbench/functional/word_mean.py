"""Vectors of documents from those of their words."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.functional.moments import principal_axes


def smooth_inverse(counts: Tensor, a: float) -> Tensor:
    """Weight a/(a + p(w)) of each word, p its share of all tokens: frequent words weigh less (Arora et al., 2017).

    Args:
        counts: How often each word occurs in the train split, ``(words,)``, not all 0.
        a: Above 0; 1e-3 is the authors' choice.

    Returns:
        float32 ``(words,)`` in (0, 1].
    """
    share = counts.double() / counts.sum()
    return (a / (a + share)).float()


def word_mean(vectors: Tensor, tokens: Tensor, padding: int, weight: Tensor) -> Tensor:
    """Weighted mean of the vectors of a document's words, the weights divided by the number of tokens.

    With a weight of 1 for all words this is their plain mean; it is not divided by the sum of the weights, as in
    smooth inverse frequency (Arora et al., 2017, algorithm 1).

    Args:
        vectors: ``(words, dim)``.
        tokens: Word numbers, int64 ``(batch, length)``.
        padding: Number that stands for no word.
        weight: Of each word, ``(words,)``.

    Returns:
        ``(batch, dim)``; zeros for a document without words.
    """
    present = tokens != padding  # (batch, length)
    number = tokens.masked_fill(~present, 0)
    share = weight[number] * present / present.sum(1, keepdim=True).clamp(min=1)  # (batch, length)
    # One pass that holds no (batch, length, dim).
    mean: Tensor = torch.nn.functional.embedding_bag(number, vectors, mode="sum", per_sample_weights=share)
    return mean


def token_mean(states: Tensor, there: Tensor) -> Tensor:
    """Mean state of a document's tokens, ``(batch, length, width) -> (batch, width)``; zeros for one without tokens.

    Args:
        states: Of each token and each place of padding.
        there: Which are tokens, bool ``(batch, length)``.
    """
    weight = there[..., None].to(states)
    mean: Tensor = (states * weight).sum(1) / weight.sum(1).clamp(min=1)
    return mean


def common_direction(outer: Tensor) -> Tensor:
    """What documents have most in common: their first principal component, not centred (Arora et al., 2017).

    Args:
        outer: Σ z zᵀ over the train split, ``(dim, dim)``: batches and ranks only have to be added.

    Returns:
        ``(dim,)`` of length 1, its entry of largest magnitude positive.
    """
    return principal_axes(outer)[0][0]


def without_direction(z: Tensor, direction: Tensor) -> Tensor:
    """What is left of each row when its part along a direction of length 1 is taken out, ``(batch, dim)``."""
    return z - torch.outer(z @ direction, direction)
