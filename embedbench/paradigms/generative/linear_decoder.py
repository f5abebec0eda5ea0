"""Generative models with a linear decoder and Gaussian noise: everything about them is known exactly."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Generator, Tensor

from embedbench.functional.gaussian import kl_standard_normal, log_normal, log_standard_normal
from embedbench.functional.linear_gaussian import Linear, expected_log_conditional, log_likelihood
from embedbench.paradigms.generative.generator import Generative
from embedbench.paradigms.generative.likelihood import scale_of
from embedbench.types import DataSpec


class LinearGaussian(Generative):
    """z ~ N(0, I), x|z ~ N(W z + μ, Ψ) with diagonal Ψ; what it is asked is answered in float64."""

    spec: DataSpec

    @property
    @abstractmethod
    def linear(self) -> Linear:
        """The parameters, float64."""

    def decode(self, z: Tensor) -> Tensor:
        """W z + μ, ``(batch, dim) -> (batch, *shape)``."""
        loadings, offset, _ = self.linear
        return (z.double() @ loadings + offset).to(z.dtype).view(-1, *self.spec.shape)

    def sample_prior(self, rows: int, generator: Generator) -> Tensor:
        """Draws from N(0, I), ``(rows, dim)``."""
        loadings = self.linear.loadings
        return torch.randn(rows, len(loadings), generator=generator).to(loadings.device)

    def log_conditional(self, x: Tensor, z: Tensor) -> Tensor:
        """Log p(x|z) in nats, ``(batch, *shape)`` and ``(draws, batch, dim) -> (draws, batch)``."""
        loadings, offset, noise = self.linear
        decoded = z.double() @ loadings + offset  # (draws, batch, features)
        return log_normal(x.flatten(1).double(), decoded, 0.5 * noise.log())

    def log_prior(self, z: Tensor) -> Tensor:
        """Log N(z; 0, I) in nats, ``(..., dim) -> (...)``."""
        return log_standard_normal(z)

    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """See ``Generative``; all in closed form, so that nothing is drawn."""
        mean, log_var = (part.double() for part in self.posterior(x))
        rows = x.flatten(1).double()
        reconstruction = expected_log_conditional(self.linear, rows, mean, log_var.exp())
        kl = kl_standard_normal(mean, log_var)
        exact, elbo = log_likelihood(self.linear, rows), reconstruction - kl
        found = {"elbo": elbo, "reconstruction": reconstruction, "kl": kl}
        # A divergence, which rounding would take below 0 where q is the posterior.
        return {**found, "log_likelihood": exact, "gap": (exact - elbo).clamp(min=0)}

    def remarks(self, samples: int) -> list[str]:
        """Nothing: no number is approximate."""
        return []

    @property
    def scale(self) -> str:
        """A density."""
        return scale_of("density", self.spec)
