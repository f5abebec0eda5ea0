"""Gradient descent through text on tables of word vectors, in place: many small steps, each a few matrix products."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from embedbench.paradigms.words.negative_sampling import Gradient, cbow, sample_words, skip_gram
from embedbench.paradigms.words.windows import Windows

_BLOCKS = 32  # of a step, that is 1,024 words: fewer cost more calls, more let frequent words move by stale gradients
_NOISE = 32  # words drawn for each block: twice as many cost a third more time
_RADIUS = 1.0  # farthest that a vector moves in a step; English's dozen commonest words meet it, at 0.7 % of all rows
Objective = Literal["skip_gram", "cbow"]


class Tables(NamedTuple):
    """What is learned.

    Attributes:
        inputs: The word vectors, ``(words, dim)``.
        outputs: Vectors of words as contexts (skip-gram) or targets (CBOW), ``(words, dim)``.
    """

    inputs: Tensor
    outputs: Tensor


def initial(words: int, dim: int, generator: torch.Generator) -> Tables:
    """Inputs uniform in ±1/(2 dim), outputs 0, as in word2vec.c (2013)."""
    uniform = torch.rand(words, dim, generator=generator, device=generator.device)
    return Tables((uniform - 0.5) / dim, torch.zeros_like(uniform))


@torch.no_grad()
def sgd_step_(
    tables: Tables,
    text: Windows,
    noise: Tensor,
    negatives: int,
    lr: float,
    objective: Objective,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """One pass over some text, by steps of 1,024 words.

    Args:
        tables: Changed in place; parameters may be given, no gradient is recorded.
        text: Its windows.
        noise: Distribution of the negatives, as `cumulative` gives it, ``(words,)``.
        negatives: For one prediction.
        lr: Learning rate; word2vec's is 0.025 at first, falling linearly to 0.0001.
        objective: Predict the words around from the word, or the word from the mean of those around.
        generator: Of the draws.

    Returns:
        Summed loss in nats, and how many predictions it is of.
    """
    loss, predictions = noise.new_zeros(()), noise.new_zeros(())
    for part in text.split(_BLOCKS):
        sources, targets = _roles(part, noise, objective, generator)
        slope = _slope(tables, sources, targets, part.near, negatives, objective)
        descend_(tables.inputs, sources, slope.inputs, lr, _RADIUS)
        descend_(tables.outputs, targets, slope.outputs, lr, _RADIUS)
        loss += slope.loss
        predictions += slope.predictions
    return loss, predictions


@torch.no_grad()
def loss_of(
    tables: Tables, text: Windows, noise: Tensor, negatives: int, objective: Objective, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """What `sgd_step_` would return for these tables if it changed nothing.

    Args:
        tables: As they are.
        text: Its windows.
        noise: Distribution of the negatives, as there, ``(words,)``.
        negatives: For one prediction.
        objective: See `sgd_step_`.
        generator: Of the draws.
    """
    loss, predictions = noise.new_zeros(()), noise.new_zeros(())
    for part in text.split(_BLOCKS):
        sources, targets = _roles(part, noise, objective, generator)
        slope = _slope(tables, sources, targets, part.near, negatives, objective)
        loss += slope.loss
        predictions += slope.predictions
    return loss, predictions


def _roles(text: Windows, noise: Tensor, objective: Objective, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Words whose input vectors predict, and words whose output vectors are predicted, the noise behind them."""
    drawn = sample_words(noise, (len(text.centre), _NOISE), generator)
    sources, targets = (text.centre, text.around) if objective == "skip_gram" else (text.around, text.centre)
    return sources, torch.cat([targets, drawn], dim=1)


def _slope(
    tables: Tables, sources: Tensor, targets: Tensor, near: Tensor, negatives: int, objective: Objective
) -> Gradient:
    function = skip_gram if objective == "skip_gram" else cbow
    return function(_rows(tables.inputs, sources), _rows(tables.outputs, targets), near, negatives)


def _rows(table: Tensor, rows: Tensor) -> Tensor:
    """``table[rows]``, several times faster on a CPU."""
    return table.index_select(0, rows.flatten()).view(*rows.shape, -1)


def descend_(table: Tensor, rows: Tensor, slope: Tensor, lr: float, radius: float) -> None:
    """A step of gradient descent on some rows of a table, in place; gradients of a row named several times add up.

    A row whose gradients' lengths add up to more than ``radius / lr`` is moved by that much less, so that none moves
    farther than ``radius``. Small steps one after another see each other's effect and come to rest by themselves; their
    sum, in a text that says one word over and over, would overshoot without end.

    Args:
        table: ``(words, dim)``.
        rows: Of the table, int64, of any shape.
        slope: Gradient by each, ``(*rows.shape, dim)``.
        lr: Learning rate.
        radius: Above 0.
    """
    rows, slope = rows.flatten(), slope.flatten(0, -2)
    length = slope.new_zeros(len(table)).index_add_(0, rows, slope.norm(dim=1))
    scale = radius / (lr * length[rows]).clamp(min=radius)
    table.index_add_(0, rows, slope * scale[:, None], alpha=-lr)
