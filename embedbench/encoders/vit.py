"""Vision transformer, for images whose sides a patch divides."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import PositiveInt, Range
from embedbench.encoders.base import TransformerWidth, WithDecoder
from embedbench.errors import UsageError
from embedbench.functional.patches import patchify, unpatchify
from embedbench.types import DataSpec

_HEAD = 32  # units of one attention head, at least
_LARGEST = 16  # side of a default patch, at most
_FEWEST = 7  # default patches along the shorter side, at least


class ViT(WithDecoder):
    """Transformer over the patches of an image; its features are the mean over patches (Dosovitskiy et al., 2021).

    Args:
        spec: Of image data.
        patch: Side of a patch in pixels, 2 or more; if not given, the largest up to 16 that leaves 7 patches along the
            shorter side, or 2 for smaller images.
        width: Units of a token, a multiple of 32.
        depth: Number of layers, 1 or more.

    Raises:
        UsageError: If the data are not images, the patch doesn't divide their sides, or a size is out of its range.
    """

    place: Tensor

    def __init__(
        self,
        spec: DataSpec,
        patch: Annotated[int, Range(ge=2)] | None = None,
        width: TransformerWidth = 64,
        depth: PositiveInt = 2,
    ) -> None:
        super().__init__()
        if spec.modality != "image":
            raise UsageError(f"the vit encoder needs images, got {spec.modality} data; use --model.encoder MLP.")
        self.shape, self.out_dim = spec.shape, width
        self.patch = patch_side(spec.shape[1:], patch)
        self.grid = (spec.shape[1] // self.patch, spec.shape[2] // self.patch)
        self.patches, self.pixels = self.grid[0] * self.grid[1], spec.shape[0] * self.patch**2
        self.to_token = nn.Linear(self.pixels, width)
        self.layers = _layers(width, depth)
        self.register_buffer("place", places(self.grid, width), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch, ``(batch, channels, height, width) -> (batch, width)``."""
        return self.tokens(x).mean(1)

    def tokens(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Tokens of all patches, or of those whose numbers ``(batch, seen)`` are given, ``(batch, seen, width)``."""
        tokens = self.to_token(patchify(x, self.patch)) + self.place
        if seen is not None:
            tokens = tokens.gather(1, seen[:, :, None].expand(-1, -1, self.out_dim))
        return self.layers(tokens)  # type: ignore[no-any-return]

    def mirror(self, latent_dim: int) -> ViTDecoder:
        """A light decoder: half the width, one layer."""
        return ViTDecoder(self.shape, self.patch, latent_dim, max(_HEAD, self.out_dim // 2))


class ViTDecoder(nn.Module):
    """One transformer layer from a latent to the patches of an image.

    Args:
        shape: Of the image, ``(channels, height, width)``.
        patch: Side of a patch.
        latent_dim: Size of a latent.
        width: Units of a token.
    """

    place: Tensor

    def __init__(
        self,
        shape: tuple[int, ...],
        patch: Annotated[int, Range(ge=2)],
        latent_dim: int,
        width: TransformerWidth,
    ) -> None:
        super().__init__()
        self.shape, self.patch = shape, patch
        self.widen = nn.Linear(latent_dim, width)
        self.layers = _layers(width, 1)
        self.to_pixels = nn.Linear(width, shape[0] * patch**2)
        self.register_buffer("place", places((shape[1] // patch, shape[2] // patch), width), persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        """Images of latents, ``(batch, latent_dim) -> (batch, channels, height, width)``."""
        return unpatchify(self.decode(self.widen(z)[:, None]), self.shape, self.patch)

    def decode(self, tokens: Tensor) -> Tensor:
        """Patches of tokens, ``(batch, patches or 1, width) -> (batch, patches, pixels)``."""
        return self.to_pixels(self.layers(tokens + self.place))  # type: ignore[no-any-return]


def patch_side(sides: tuple[int, ...], asked: int | None) -> int:
    """The patch asked for, or the default one; see ``ViT``.

    Raises:
        UsageError: If it doesn't divide both sides into two patches or more, or no default does.
    """
    height, width = sides
    shown = f"images of {height}×{width}"
    if asked is not None:
        if asked < 2 or height % asked or width % asked or height * width < 2 * asked**2:
            raise UsageError(f"`patch` must be 2 or more and divide the sides of {shown} into patches, got {asked}.")
        return asked
    fitting = [side for side in range(2, _LARGEST + 1) if height % side == 0 and width % side == 0]
    many = [side for side in fitting if min(sides) >= _FEWEST * side]
    if not fitting or height * width < 2 * fitting[0] ** 2:
        raise UsageError(f"no patch of 2 to {_LARGEST} pixels divides both sides of {shown}; resize them.")
    return max(many) if many else fitting[0]


def places(grid: tuple[int, int], width: int) -> Tensor:
    """Sines and cosines of each patch's row and column, ``(patches, width)``, width a multiple of 4."""
    rate = 10_000 ** (-torch.arange(width // 4) / (width // 4))
    rows, columns = (torch.arange(size)[:, None] * rate for size in grid)  # (rows or columns, width / 4)
    rows, columns = rows[:, None].expand(-1, grid[1], -1), columns[None].expand(grid[0], -1, -1)
    angles = torch.cat([rows, columns], 2).flatten(0, 1)  # (patches, width / 2)
    return torch.cat([angles.sin(), angles.cos()], 1)


def _layers(width: int, depth: int) -> nn.Module:
    layers = [
        nn.TransformerEncoderLayer(width, width // _HEAD, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        for _ in range(depth)
    ]
    return nn.Sequential(*layers, nn.LayerNorm(width))
