"""Guesses of a table's columns, some of which are one-hot codes."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class ColumnScores(NamedTuple):
    """A prediction of each column of each row, ``(batch, columns)`` each; columns with a code come last.

    Attributes:
        loss: Squared error of a number, cross-entropy in nats of a code.
        right: Whether the likeliest category is the true one; false for numbers.
        known: Whether there is a truth: false for codes of zeros, which stand for an unknown category.
    """

    loss: Tensor
    right: Tensor
    known: Tensor


def score_columns(x: Tensor, prediction: Tensor, categories: tuple[int, ...]) -> ColumnScores:
    """Compares rows with guesses: a number each, and logits over the categories of each code.

    Args:
        x: ``(batch, features)``, one-hot codes last.
        prediction: ``(batch, features)``.
        categories: Widths of the codes.
    """
    numbers = x.shape[1] - sum(categories)
    loss = [(prediction[:, :numbers] - x[:, :numbers]).square()]
    right = [torch.zeros_like(loss[0], dtype=torch.bool)]
    known = [torch.ones_like(loss[0], dtype=torch.bool)]
    for first, last in pairwise(accumulate(categories, initial=numbers)):
        code, logit = x[:, first:last], prediction[:, first:last]  # (batch, categories)
        loss.append(-(code * logit.log_softmax(1)).sum(1, keepdim=True))
        known.append(code.sum(1, keepdim=True) > 0)
        right.append((code.argmax(1, keepdim=True) == logit.argmax(1, keepdim=True)) & known[-1])
    return ColumnScores(torch.cat(loss, 1), torch.cat(right, 1), torch.cat(known, 1))
