"""Variational auto-encoder."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.errors import UsageError
from embedbench.functional.gaussian import (
    kl_each,
    kl_standard_normal,
    log_normal_mixture,
    log_standard_normal,
    reparameterise,
)
from embedbench.functional.noise import row_noise
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.generative.generator import Generative, importance
from embedbench.paradigms.generative.likelihood import LikelihoodName, Sigma, make_likelihood, scale_of
from embedbench.paradigms.learned import Learned, WithDecoderFactory
from embedbench.types import Batch, DataSpec


class VAE(Learned, Generative):
    """Variational auto-encoder (Kingma & Welling, 2014).

    Generator z ~ p(z), x|z by the likelihood of the decoded z; inference q(z|x) = N(μ(x), diag σ(x)²). With one sample
    the loss is −E_q[log p(x|z)] by one draw, plus β·KL(q(z|x) ‖ p(z)), in closed form where p(z) = N(0, I); with K > 1
    the importance-weighted bound −log mean_k p(x, z_k)/q(z_k|x) (Burda et al., 2016). All in nats per row, constants
    kept. The embedding is μ(x).

    Args:
        spec: Of the data.
        latent_dim: Size of z; the data's default if not given.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        likelihood: Form of p(x|z): gaussian for real values, bernoulli for values in [0, 1], poisson for counts,
            categorical for counts given their sum.
        sigma: Of the gaussian: a fixed value above 0, one learned value, or one learned for each feature.
        beta: Weight of the KL (Higgins et al., 2017), 0 or more.
        free_bits: Nats that each coordinate's KL, a mean over the batch, may have for free (Kingma et al., 2016).
        anneal_steps: Steps over which the KL's weight rises from 0 to β in training (Bowman et al., 2016).
        importance_samples: K of the loss, 1 or more.
        prior: N(0, I), or the mixture of q(z|u) over learned pseudo-inputs u (VampPrior: Tomczak & Welling, 2018).
        pseudo_inputs: Number of them, 1 or more.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, doesn't go with another, or the likelihood with the data.
    """

    kind = "generative"
    needs_arrays = True
    encoder: WithDecoder

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: WithDecoderFactory | None = None,
        likelihood: LikelihoodName = "gaussian",
        sigma: Sigma = "learned",
        beta: NonNegativeFloat = 1.0,
        free_bits: NonNegativeFloat = 0.0,
        anneal_steps: NonNegativeInt = 0,
        importance_samples: PositiveInt = 1,
        prior: Literal["normal", "vamp"] = "normal",
        pseudo_inputs: PositiveInt = 100,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        _check(beta, free_bits, anneal_steps, importance_samples, prior)
        self.beta, self.free_bits, self.anneal_steps = beta, free_bits, anneal_steps
        self.importance_samples = importance_samples
        self.likelihood = make_likelihood(likelihood, sigma, spec)
        self.to_posterior = nn.Linear(self.encoder.out_dim, 2 * self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)
        self.pseudo: nn.Parameter | None = None
        if prior == "vamp":
            self.pseudo = nn.Parameter(torch.randn(pseudo_inputs, *spec.shape))

    def prepare_fit(self, rows: FitRows) -> None:
        """Shows the likelihood the train rows."""
        self.likelihood.prepare(rows.train.x)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The two parts of −ELBO, or the importance-weighted bound's negative."""
        mean, log_var = self.posterior(batch.x)
        noise = self._noise(mean, batch.index)  # (samples, batch, dim)
        z = reparameterise(mean, log_var, noise)  # (samples, batch, dim)
        log_p = self.log_conditional(batch.rows, z)  # (samples, batch)
        if self.importance_samples == 1 and self.pseudo is None:
            return {"reconstruction": -log_p.mean(), "kl": self._weight() * self._kl(mean, log_var)}
        excess = log_standard_normal(noise) - 0.5 * log_var.sum(1) - self.log_prior(z)  # (samples, batch)
        if self.importance_samples == 1:
            return {"reconstruction": -log_p.mean(), "kl": self._weight() * excess.mean()}
        bound = (log_p - excess).logsumexp(0) - math.log(self.importance_samples)
        return {"importance_bound": -bound.mean()}

    def embed(self, x: Tensor) -> Tensor:
        """The posterior mean, ``(batch, *shape) -> (batch, dim)``."""
        return self.posterior(x)[0]

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each ``(batch, dim)``."""
        mean, log_var = self.to_posterior(self.encoder(x)).chunk(2, dim=1)
        return mean, log_var

    def decode(self, z: Tensor) -> Tensor:
        """Mean of p(x|z), ``(batch, dim) -> (batch, *shape)``."""
        return self.likelihood.mean(self.decoder(z))

    def log_conditional(self, x: Tensor, z: Tensor) -> Tensor:
        """Log p(x|z) in nats, ``(batch, *shape)`` and ``(draws, batch, dim) -> (draws, batch)``."""
        return self.likelihood.log_prob(x, self.decoder(z.flatten(0, 1)).view(*z.shape[:2], *x.shape[1:]))

    def log_prior(self, z: Tensor) -> Tensor:
        """Log p(z) in nats, ``(..., dim) -> (...)``."""
        return log_standard_normal(z) if self.pseudo is None else log_normal_mixture(z, *self._components())

    def sample_prior(self, rows: int, generator: Generator) -> Tensor:
        """Draws from p(z), ``(rows, dim)``."""
        noise = torch.randn(rows, self.latent_dim, generator=generator).to(self.device)
        if self.pseudo is None:
            return noise
        mean, log_var = self._components()
        chosen = torch.randint(len(mean), (rows,), generator=generator).to(self.device)
        return reparameterise(mean[chosen], log_var[chosen], noise)

    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """See ``Generative``; ``kl`` is analytic for p(z) = N(0, I), ``log_likelihood`` importance-weighted."""
        found = importance(self, x, index, samples, seed)
        if self.pseudo is None:
            mean, log_var = self.posterior(x)
            found["kl"] = kl_standard_normal(mean.double(), log_var.double())
        return {"elbo": found["reconstruction"] - found["kl"], **found}

    @property
    def scale(self) -> str:
        """That of the likelihood."""
        return scale_of(self.likelihood.kind, self.spec)

    def remarks(self, samples: int) -> list[str]:
        """Says what ``log_likelihood`` is."""
        return [f"log_likelihood is the importance-weighted bound of K = {samples} samples"]

    def _noise(self, mean: Tensor, index: Tensor) -> Tensor:
        """Drawn anew in training, else the rows' own: ``(samples, batch, dim)``."""
        if self.training:
            return torch.randn(self.importance_samples, *mean.shape, dtype=mean.dtype, device=mean.device)
        return row_noise(index, range(self.importance_samples), mean.shape[1], seed=0).to(mean)

    def _kl(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """Mean KL over the batch, a scalar; what a coordinate has below ``free_bits`` counts as that."""
        each = kl_each(mean, log_var).mean(0)  # (dim,)
        return (each.clamp(min=self.free_bits) if self.free_bits else each).sum()

    def _weight(self) -> float:
        """Weight of the KL: checkpoints are chosen by the whole of it."""
        rising = self.training and self.global_step < self.anneal_steps
        return self.beta * self.global_step / self.anneal_steps if rising else self.beta

    def _components(self) -> tuple[Tensor, Tensor]:
        """Means and log-variances of the prior's components, each ``(pseudo inputs, dim)``."""
        assert self.pseudo is not None  # asked for the VampPrior alone
        low, high = self.spec.low, self.spec.high
        bounded = math.isfinite(low) and math.isfinite(high)
        return self.posterior(low + (high - low) * self.pseudo.sigmoid() if bounded else self.pseudo)


def _check(beta: float, free_bits: float, anneal_steps: int, samples: int, prior: str) -> None:
    if samples > 1 and (beta != 1 or free_bits or anneal_steps):
        raise UsageError(
            f"`importance_samples` {samples} gives one bound without a KL of its own; leave out `beta`, `free_bits` "
            "and `anneal_steps`, or take 1 sample."
        )
    if prior == "vamp" and free_bits:
        raise UsageError(
            "`free_bits` needs the KL of each coordinate, which the vamp prior doesn't have; leave it out."
        )
