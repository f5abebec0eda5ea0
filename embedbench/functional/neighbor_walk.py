"""Random walks from neighbour to neighbour."""

from __future__ import annotations

import torch
from torch import Tensor


def walk(near: Tensor, rows: Tensor, steps: int) -> Tensor:
    """Where a walk ends that goes to one of the neighbours, all equally likely, at each step.

    Args:
        near: Numbers of each row's neighbours, int64 ``(all rows, k)``.
        rows: Where walks begin, int64 ``(batch,)``.
        steps: 1 or more.

    Returns:
        Numbers of rows, int64 ``(batch,)``; by chance a walk may come back to where it began.
    """
    for _ in range(steps):
        rows = near[rows, torch.randint(near.shape[1], rows.shape, device=rows.device)]
    return rows
