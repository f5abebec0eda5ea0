"""Relations among rows in one space against those in another (RKD: Park et al., 2019).

Both terms are Huber losses that bend at 1, and neither depends on the dimensions, place or scale of a space.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss


def distance_term(z: Tensor, teacher: Tensor) -> Tensor:
    """Of the distances of all pairs, each over the mean distance in its space; a mean over pairs, 0 without any.

    Args:
        z: ``(batch, dim)``.
        teacher: The same rows in the other space, ``(batch, its dim)``.
    """
    n = len(z)
    return _mean(_distances(z), _distances(teacher), n * (n - 1))


def angle_term(z: Tensor, teacher: Tensor) -> Tensor:
    """Of the cosines of the angles at each row between two others; a mean over triples, 0 without any.

    Args:
        z: ``(batch, dim)``.
        teacher: The same rows in the other space, ``(batch, its dim)``.
    """
    n = len(z)
    return _mean(_cosines(z), _cosines(teacher), n * (n - 1) * (n - 2))


def _mean(found: Tensor, wanted: Tensor, count: int) -> Tensor:
    return smooth_l1_loss(found, wanted, reduction="sum") / max(count, 1)


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


def _cosines(z: Tensor) -> Tensor:
    """At each row between any two others, ``(batch, batch, batch)``; 0 where two of the three are the same row.

    Zeros add nothing to a sum, where picking the triples out would take most of the time of a step.
    """
    difference, length = _apart(z)
    way = difference / torch.where(length > 0, length, 1)[:, :, None]  # (batch, batch, dim), from each row to each
    return way @ way.transpose(1, 2) * (1 - torch.eye(len(z), dtype=z.dtype, device=z.device))
