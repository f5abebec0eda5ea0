"""Hiding parts of rows."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor

_MASKED, _REPLACED = 0.8, 0.1  # of the hidden tokens (Devlin et al., 2019); the others stay as they are


def hide(noise: Tensor, ratio: float) -> Tensor:
    """Which parts of each row are hidden: a share of them, those with the least noise.

    Args:
        noise: Independent and of one continuous distribution, ``(batch, parts)``, of 2 parts or more.
        ratio: Share of hidden parts, in (0, 1).

    Returns:
        Bool ``(batch, parts)``, in each row as many true as ``ratio`` asks for, rounded, but at least one true and one
        false.
    """
    parts = noise.shape[1]
    count = min(max(round(ratio * parts), 1), parts - 1)
    return noise.argsort(1).argsort(1) < count  # the second gives each part its rank


def hide_tokens(noise: Tensor, there: Tensor, begins: Tensor, ratio: float) -> Tensor:
    """Which tokens of each text are hidden: a share of its units (tokens or words), those whose first has least noise.

    Args:
        noise: Independent and of one continuous distribution, ``(batch, length)``.
        there: Tokens that may be hidden, bool ``(batch, length)``.
        begins: Tokens at which a unit begins, bool ``(batch, length)``; so does one after a token that isn't there.
        ratio: Share of hidden units, in (0, 1).

    Returns:
        Bool ``(batch, length)``. In each text as many units are hidden as ``ratio`` asks for, rounded, but at least one
        and not all: of a text of one unit nothing is hidden.
    """
    before = torch.cat([torch.zeros_like(there[:, :1]), there[:, :-1]], 1)
    first = there & (begins | ~before)  # (batch, length)
    units = first.sum(1)
    count = (ratio * units.double()).round().clamp(min=1).minimum(units - 1)
    chosen = noise.masked_fill(~first, inf).argsort(1).argsort(1) < count[:, None]
    places = torch.arange(noise.shape[1], device=noise.device)
    unit = torch.where(first, places, 0).cummax(1).values  # (batch, length): where each token's unit began
    return chosen.gather(1, unit) & there


def replace_hidden(x: Tensor, hidden: Tensor, fate: Tensor, chance: Tensor, mask: int) -> Tensor:
    """What a model sees of texts: of the hidden tokens 80 % a mask, 10 % another token and 10 % themselves.

    Otherwise it would learn only of tokens that no whole text has (Devlin et al., 2019).

    Args:
        x: Token ids ``(batch, length)``.
        hidden: Bool ``(batch, length)``.
        fate: Uniform noise that chooses among the three, ``(batch, length)``.
        chance: Token ids drawn by chance, ``(batch, length)``.
        mask: Id of a hidden token.
    """
    other = torch.where(fate < _MASKED + _REPLACED, chance, x)
    return torch.where(hidden, torch.where(fate < _MASKED, mask, other), x)
