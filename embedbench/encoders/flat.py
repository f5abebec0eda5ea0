"""No network at all: what makes a paradigm linear."""

from __future__ import annotations

from torch import Tensor, nn

from embedbench.encoders.base import WithDecoder
from embedbench.types import DataSpec


class Flat(WithDecoder):
    """The flattened input itself; the decoder that mirrors it is one linear layer.

    Args:
        spec: Of the data.
    """

    def __init__(self, spec: DataSpec) -> None:
        super().__init__()
        self.shape, self.out_dim = spec.shape, spec.features

    def forward(self, x: Tensor) -> Tensor:
        """The rows, ``(batch, *shape) -> (batch, features)``."""
        return x.flatten(1)

    def mirror(self, latent_dim: int) -> nn.Module:
        """A linear decoder ``(batch, latent_dim) -> (batch, *shape)``."""
        return nn.Sequential(nn.Linear(latent_dim, self.out_dim), nn.Unflatten(1, self.shape))
