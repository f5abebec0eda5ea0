"""Hiding parts of rows."""

from __future__ import annotations

from torch import Tensor


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
