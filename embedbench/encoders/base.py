"""The encoder's contract."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module, ABC):
    """A network ``(batch, *shape) -> (batch, out_dim)``, made from a ``DataSpec`` alone.

    Attributes:
        out_dim: Number of features that it gives.
    """

    out_dim: int

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch, ``(batch, *shape) -> (batch, out_dim)``."""

    @abstractmethod
    def mirror(self, latent_dim: int) -> nn.Module:
        """A decoder ``(batch, latent_dim) -> (batch, *shape)`` with this network's layers in reverse order."""
