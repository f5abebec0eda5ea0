"""Images as rows of patches, and back."""

from __future__ import annotations

from torch import Tensor


def patchify(x: Tensor, side: int) -> Tensor:
    """Cuts images into squares, row by row: ``(batch, channels, height, width) -> (batch, patches, pixels)``."""
    batch, channels, height, width = x.shape
    cut = x.view(batch, channels, height // side, side, width // side, side)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * side * side)


def unpatchify(patches: Tensor, shape: tuple[int, ...], side: int) -> Tensor:
    """Puts patches ``(batch, patches, pixels)`` together to images of this shape ``(channels, height, width)``."""
    channels, height, width = shape
    cut = patches.view(-1, height // side, width // side, channels, side, side)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(-1, channels, height, width)


def normalise_patches(patches: Tensor, floor: float) -> Tensor:
    """Each patch ``(..., pixels)`` less its mean, over √(variance + floor) (He et al., 2022, section 4.1)."""
    variance = patches.var(-1, correction=0, keepdim=True)
    return (patches - patches.mean(-1, keepdim=True)) / (variance + floor).sqrt()
