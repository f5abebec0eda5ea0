"""Small convolutional encoder, for images from 8×8 with 1 or 3 channels."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from torch import Tensor, nn

from embedbench.arguments.hints import Range
from embedbench.encoders.base import WithDecoder
from embedbench.errors import UsageError
from embedbench.types import DataSpec

_WIDEST = 256


class Conv(WithDecoder):
    """3×3 convolutions of stride 2 until the shorter side is 4 or less; channels double, up to 256.

    Group normalisation rather than batch normalisation: a row's features never depend on its batch,
    so that any batch size and any number of ranks give the same embedding.

    Args:
        spec: Of image data.
        width: Channels of the first layer, a multiple of 8.

    Raises:
        UsageError: If the data are not images, are smaller than 8×8, or ``width`` is no multiple of 8.
    """

    def __init__(self, spec: DataSpec, width: Annotated[int, Range(ge=8, multiple_of=8)] = 32) -> None:
        super().__init__()
        if spec.modality != "image" or min(spec.shape[1:]) < 8 or spec.shape[0] not in (1, 3):
            raise UsageError(
                f"the conv encoder needs images of 8×8 or more with 1 or 3 channels, got {spec.modality} data of shape "
                f"{spec.shape}; use --model.encoder MLP."
            )
        self.channels, self.sides = [spec.shape[0]], [spec.shape[1:]]
        while not self.channels[1:] or min(self.sides[-1]) > 4:
            self.channels.append(min(_WIDEST, width * 2 ** (len(self.channels) - 1)))
            height, side = self.sides[-1]
            self.sides.append(((height + 1) // 2, (side + 1) // 2))
        self.layers = nn.Sequential(*[layer for a, b in pairwise(self.channels) for layer in _down(a, b)], nn.Flatten())
        self.out_dim = self.channels[-1] * self.sides[-1][0] * self.sides[-1][1]

    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch, ``(batch, channels, height, width) -> (batch, out_dim)``."""
        return self.layers(x)  # type: ignore[no-any-return]

    def mirror(self, latent_dim: int) -> nn.Module:
        """A decoder ``(batch, latent_dim) -> (batch, channels, height, width)``; its last layer is linear."""
        start = (self.channels[-1], *self.sides[-1])
        layers: list[nn.Module] = [nn.Linear(latent_dim, self.out_dim), nn.ReLU(), nn.Unflatten(1, start)]
        for i in range(len(self.channels) - 1, 0, -1):
            layers += _up(self.channels[i], self.channels[i - 1], self.sides[i], self.sides[i - 1], last=i == 1)
        return nn.Sequential(*layers)


def _down(channels: int, wider: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, wider, 3, stride=2, padding=1), nn.GroupNorm(8, wider), nn.ReLU()]


def _up(channels: int, fewer: int, side: tuple[int, ...], wanted: tuple[int, ...], *, last: bool) -> list[nn.Module]:
    """Doubles the side, one pixel less where the encoder halved an odd number."""
    extra = (wanted[0] - (2 * side[0] - 1), wanted[1] - (2 * side[1] - 1))
    up = nn.ConvTranspose2d(channels, fewer, 3, stride=2, padding=1, output_padding=extra)
    return [up] if last else [up, nn.GroupNorm(8, fewer), nn.ReLU()]
