"""Fully connected encoder, for any input of fixed shape."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from embedbench.arguments.hints import PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.errors import UsageError
from embedbench.types import DataSpec

Activation = Literal["relu", "gelu"]
_ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU}


class MLP(WithDecoder):
    """Fully connected layers on the flattened input.

    Args:
        spec: Of the data.
        width: Units of each hidden layer, 1 or more.
        depth: Number of hidden layers, 1 or more.
        widths: Units of each hidden layer in turn, in place of ``width`` and ``depth``.
        activation: After each layer, the decoder's too: ReLU, or GELU (Hendrycks & Gimpel, 2016), which is smooth.

    Raises:
        UsageError: If a number of units or ``depth`` is below 1, or ``widths`` is empty.
    """

    def __init__(
        self,
        spec: DataSpec,
        width: PositiveInt = 256,
        depth: PositiveInt = 2,
        widths: list[PositiveInt] | None = None,
        activation: Activation = "relu",
    ) -> None:
        super().__init__()
        if widths == []:
            raise UsageError("`widths` must name the units of one layer or more, got an empty list; leave it out.")
        self.shape, self.sizes = spec.shape, [spec.features, *([width] * depth if widths is None else widths)]
        self.activation = activation
        self.layers = _stack(self.sizes, activation)
        self.out_dim = self.sizes[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch, ``(batch, *shape) -> (batch, out_dim)``."""
        return self.layers(x.flatten(1))  # type: ignore[no-any-return]

    def mirror(self, latent_dim: int) -> nn.Module:
        """A decoder ``(batch, latent_dim) -> (batch, *shape)``; its last layer is linear."""
        layers = _stack([latent_dim, *self.sizes[:0:-1]], self.activation)
        return nn.Sequential(*layers, nn.Linear(self.sizes[1], self.sizes[0]), nn.Unflatten(1, self.shape))


def _stack(sizes: list[int], activation: Activation) -> nn.Sequential:
    bend = _ACTIVATIONS[activation]
    return nn.Sequential(*[layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), bend())])
