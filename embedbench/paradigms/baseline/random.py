"""A random projection: what the latent size alone is worth."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.arguments.hints import PositiveInt
from embedbench.paradigms.base import Paradigm
from embedbench.types import DataSpec


class Random(Paradigm):
    """Gaussian random projection, z = x R with R_ij ~ N(0, 1/dim): distances are kept in expectation.

    Source: Johnson & Lindenstrauss, 1984; Dasgupta & Gupta, 2003.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
    """

    kind = "baseline"
    fitting = "none"
    projection: Tensor

    def __init__(self, spec: DataSpec, latent_dim: PositiveInt | None = None) -> None:
        super().__init__(spec, latent_dim)
        self.register_buffer("projection", torch.randn(spec.features, self.latent_dim) / self.latent_dim**0.5)

    def embed(self, x: Tensor) -> Tensor:
        """``(batch, *shape) -> (batch, dim)``."""
        return x.flatten(1) @ self.projection
