"""Distances between rows."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Distance = Literal["euclidean", "cosine"]


def distances(x: Tensor, others: Tensor, kind: Distance) -> Tensor:
    """The distance of each row to each other row: Euclidean, or one minus the cosine of the angle.

    Args:
        x: ``(batch, *shape)``; its axes after the first are one vector.
        others: ``(others, *shape)``.
        kind: Which of the two. A row of zeros has the cosine 0 with every row.

    Returns:
        ``(batch, others)``, 0 or more; of equal rows 0 within the rounding of the rows' squared lengths.
    """
    x, others = x.flatten(1), others.flatten(1)
    if kind == "euclidean":
        return torch.cdist(x, others)
    cosine = functional.normalize(x, dim=1) @ functional.normalize(others, dim=1).T
    return (1 - cosine).clamp(min=0)
