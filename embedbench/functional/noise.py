"""Noise that belongs to a row: the same in any batch, on any rank and on any device."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.functional.float64 import brought_to, where_float64_is

# The finaliser of SplitMix64 (Steele, Lea & Flood, 2014); constants as signed 64-bit numbers, whose products wrap.
_STEP = 0x9E3779B97F4A7C15 - 2**64
_FIRST = 0xBF58476D1CE4E5B9 - 2**64
_SECOND = 0x94D049BB133111EB - 2**64


def row_noise(index: Tensor, draws: range, dim: int, seed: int) -> Tensor:
    """Standard normal noise, else as ``row_uniform``."""
    return brought_to(torch.special.ndtri(_uniform(index, draws, dim, seed)), index.device)


def row_uniform(index: Tensor, draws: range, dim: int, seed: int) -> Tensor:
    """Noise in (0, 1) that is a function of seed, row number, draw number and coordinate alone.

    Args:
        index: Row numbers, int64 ``(batch,)``.
        draws: Numbers of the draws wanted.
        dim: Coordinates of one draw.
        seed: Chooses another table of noise.

    Returns:
        Float64 ``(draws, batch, dim)``; rounded to float32 on a device that has no float64.
    """
    return brought_to(_uniform(index, draws, dim, seed), index.device)


def _uniform(index: Tensor, draws: range, dim: int, seed: int) -> Tensor:
    index = where_float64_is(index)
    rows = _mix(_mix(index.new_tensor(seed)) + index)  # (batch,)
    places = torch.arange(draws.start * dim, draws.stop * dim, device=index.device).view(len(draws), 1, dim)
    bits = _mix(rows[:, None] ^ _mix(places))  # (draws, batch, dim)
    return (_shifted(bits, 11).double() + 0.5) / 2.0**53


def _mix(value: Tensor) -> Tensor:
    value = value + _STEP
    value = (value ^ _shifted(value, 30)) * _FIRST
    value = (value ^ _shifted(value, 27)) * _SECOND
    return value ^ _shifted(value, 31)


def _shifted(value: Tensor, by: int) -> Tensor:
    """Shift to the right that fills with zeros, as of an unsigned number."""
    return (value >> by) & ((1 << (64 - by)) - 1)
