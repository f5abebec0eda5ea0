"""Views of rows that still show the same; what differs follows from the noise given, uniform in [0, 1)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from embedbench.functional.masking import hide


def crop(x: Tensor, noise: Tensor, least: float) -> Tensor:
    """A random part of each image, of its own proportions, brought to the whole's size (Chen et al., 2020).

    Args:
        x: ``(batch, channels, height, width)``.
        noise: ``(batch, 3)``: the part's area, uniform between ``least`` and 1 of the whole, and its place.
        least: In (0, 1]; 1 leaves the images as they are.
    """
    side = (least + (1 - least) * noise[:, 0]).sqrt()  # (batch,), of the whole side
    middle = (1 - side)[:, None] * (2 * noise[:, 1:] - 1)  # (batch, 2), in [-1, 1] across the image
    turn = torch.zeros(len(x), 2, 3, dtype=x.dtype, device=x.device)
    turn[:, 0, 0] = turn[:, 1, 1] = side
    turn[:, :, 2] = middle
    grid = affine_grid(turn, list(x.shape), align_corners=False)
    return grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def flip(x: Tensor, noise: Tensor) -> Tensor:
    """Half of the images mirrored, left to right, those with noise ``(batch,)`` below one half."""
    return torch.where((noise < 0.5).view(-1, 1, 1, 1), x.flip(3), x)


def cutout(x: Tensor, noise: Tensor, share: float) -> Tensor:
    """Zeros in a square around a random pixel, cut at the image's edges (DeVries & Taylor, 2017).

    Args:
        x: ``(batch, channels, height, width)``.
        noise: Where the square's middle is, ``(batch, 2)``.
        share: Its side as a share of the image's shorter one, in [0, 1].
    """
    height, width = x.shape[2:]
    half = share * min(height, width) / 2
    rows = (torch.arange(height, device=x.device) + 0.5 - height * noise[:, :1]).abs() < half  # (batch, height)
    columns = (torch.arange(width, device=x.device) + 0.5 - width * noise[:, 1:]).abs() < half  # (batch, width)
    return x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def corrupt(x: Tensor, noise: Tensor, ratio: float, others: Tensor, widths: Tensor) -> Tensor:
    """A share of each row's columns replaced by what stands there in other rows (SCARF: Bahri et al., 2022).

    Args:
        x: ``(batch, features)``.
        noise: Chooses the columns, those with the least, ``(batch, columns)``.
        ratio: In (0, 1); in each row at least one column is replaced, and one kept.
        others: What replaces each feature, ``(batch, features)``.
        widths: Features of each column, ``(columns,)``.
    """
    return torch.where(hide(noise, ratio).repeat_interleave(widths, dim=1), others, x)


def random_affine(x: Tensor, noise: Tensor, shift: float, degrees: float) -> Tensor:
    """Each image turned around its middle and shifted, zeros where the frame is bare (Guo et al., 2018).

    Args:
        x: ``(batch, channels, height, width)``.
        noise: ``(batch, 3)``: the angle, and the shift across and down.
        shift: The largest, as a share of the width and of the height; 0 shifts nothing.
        degrees: The largest angle to either side; 0 turns nothing.
    """
    height, width = x.shape[2:]
    angle = (2 * noise[:, 0] - 1) * math.radians(degrees)
    frame = torch.zeros(len(x), 2, 3, dtype=x.dtype, device=x.device)
    across, down = angle.cos(), angle.sin()
    frame[:, 0, 0], frame[:, 1, 1] = across, across
    frame[:, 0, 1], frame[:, 1, 0] = -down * height / width, down * width / height
    frame[:, :, 2] = (2 * noise[:, 1:] - 1) * shift * 2  # the image spans [-1, 1]
    grid = affine_grid(frame, list(x.shape), align_corners=False)
    return grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
