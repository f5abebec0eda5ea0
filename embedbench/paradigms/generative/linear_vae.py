"""Variational auto-encoder with linear networks, which learns probabilistic PCA."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.encoders.flat import Flat
from embedbench.functional.gaussian import kl_standard_normal
from embedbench.functional.linear_gaussian import Linear, expected_log_conditional
from embedbench.paradigms.generative.likelihood import PACE
from embedbench.paradigms.generative.linear_decoder import LinearGaussian
from embedbench.paradigms.learned import Learned
from embedbench.types import Batch, DataSpec


class LinearVAE(Learned, LinearGaussian):
    """x|z ~ N(W z + μ, σ²I), q(z|x) = N(V x + c, diag s²), learned by gradient steps on the ELBO (Lucas et al., 2019).

    The expectation under q is taken in closed form. At the maximum the ELBO is the log-likelihood of probabilistic PCA
    and W spans the principal axes: the check that a VAE's objective, noise and optimiser are right.

    Args:
        spec: Of the data.
        latent_dim: Size of z; the data's default if not given.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW; above 0 the maximum is another.
    """

    kind = "generative"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 0.0,
    ) -> None:
        super().__init__(spec, latent_dim, Flat, lr, weight_decay)
        self.to_mean = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.log_var = nn.Parameter(torch.zeros(self.latent_dim))
        self.decoder = nn.Linear(self.latent_dim, self.encoder.out_dim)
        self.scaled_log_sigma = nn.Parameter(torch.zeros(()))

    @property
    def linear(self) -> Linear:
        """The parameters, float64."""
        return Linear(*(part.double() for part in self._parameters_of_x()))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The two parts of −ELBO, in nats per row."""
        mean, log_var = self.posterior(batch.x)
        log_p = expected_log_conditional(self._parameters_of_x(), batch.rows.flatten(1), mean, log_var.exp())
        return {"reconstruction": -log_p.mean(), "kl": kl_standard_normal(mean, log_var).mean()}

    def embed(self, x: Tensor) -> Tensor:
        """The posterior mean, ``(batch, *shape) -> (batch, dim)``."""
        return self.posterior(x)[0]

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each ``(batch, dim)``."""
        mean = self.to_mean(self.encoder(x))
        return mean, self.log_var.expand_as(mean)

    def _parameters_of_x(self) -> Linear:
        """Those of p(x|z) as they are learned, float32."""
        noise = (2 * PACE * self.scaled_log_sigma).exp().expand(self.encoder.out_dim)
        return Linear(self.decoder.weight.T, self.decoder.bias, noise)
