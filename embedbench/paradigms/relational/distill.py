"""Relations among rows in one space against those in another (RKD: Park et al., 2019).

Both terms are Huber losses that bend at 1, and neither depends on the dimensions, place or scale of a space.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

_BLOCK = 1 << 20  # cosines at a time (4 MB): they stay in a core's cache


def distance_term(z: Tensor, teacher: Tensor) -> Tensor:
    """Of the distances of all pairs, each over the mean distance in its space; a mean over pairs, 0 without any.

    Args:
        z: ``(batch, dim)``.
        teacher: The same rows in the other space, ``(batch, its dim)``.
    """
    return _sum(_distances(z), _distances(teacher)) / max(len(z) * (len(z) - 1), 1)


def angle_term(z: Tensor, teacher: Tensor) -> Tensor:
    """Of the cosines of the angles at each row between two others; a mean over triples, 0 without any.

    Args:
        z: ``(batch, dim)``.
        teacher: The same rows in the other space, ``(batch, its dim)``.
    """
    n, step = len(z), max(1, _BLOCK // max(len(z) ** 2, 1))
    with torch.no_grad():
        wanted = _ways(teacher)
    blocks = zip(torch.split(_ways(z), step), torch.split(wanted, step), strict=True)
    # Zeros, where two of three rows are the same, add nothing to a sum; to pick them out would take most of a step.
    others = 1 - torch.eye(n, dtype=z.dtype, device=z.device)
    losses = [_sum(_cosines(a) * others, _cosines(b).to(z.dtype) * others) for a, b in blocks]
    return torch.stack(losses).sum() / max(n * (n - 1) * (n - 2), 1)


def _sum(found: Tensor, wanted: Tensor) -> Tensor:
    return smooth_l1_loss(found, wanted, reduction="sum")


def _apart(z: Tensor) -> tuple[Tensor, Tensor]:
    """Differences ``(batch, batch, dim)`` and their lengths; rows at one place send no gradient."""
    difference = z[None] - z[:, None]
    square = difference.square().sum(2)
    there = square > 0
    return difference, torch.where(there, square, 1).sqrt() * there


def _distances(z: Tensor) -> Tensor:
    length = _apart(z)[1]
    other = ~torch.eye(len(z), dtype=torch.bool, device=z.device)
    found = length[other]  # (batch · (batch − 1),)
    return found / found.mean().clamp(min=torch.finfo(z.dtype).tiny)


def _ways(z: Tensor) -> Tensor:
    """Directions from each row to each, ``(batch, batch, dim)``; 0 between rows at one place."""
    difference, length = _apart(z)
    return difference / torch.where(length > 0, length, 1)[:, :, None]


def _cosines(ways: Tensor) -> Tensor:
    """Between all directions from a row, ``(rows, batch, dim) -> (rows, batch, batch)``."""
    return ways @ ways.transpose(1, 2)
