"""What a generative model can do beside embedding: score rows, decode latent points, draw from its prior."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Generator, Tensor

from embedbench.functional.gaussian import log_standard_normal, reparameterise
from embedbench.functional.noise import row_noise
from embedbench.paradigms.row_scorer import RowScorer

_HELD = 2**20  # decoded numbers held at a time (4 MiB of float32): more leave the cache, at half the speed


class Generative(RowScorer):
    """A model of p(x, z) = p(x|z) p(z) with an inference q(z|x) whose coordinates are independent Gaussians.

    Its scores of a row are in nats, constants kept: ``elbo`` = ``reconstruction`` − ``kl``, ``reconstruction`` =
    E_q[log p(x|z)], ``kl`` = KL(q(z|x) ‖ p(z)) and ``log_likelihood`` (log p(x), or its importance-weighted bound);
    where log p(x) is exact also ``gap`` = log p(x) − ELBO. Samples are draws of z from q(z|x).
    """

    family = "generative"

    @abstractmethod
    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of each coordinate of q(z|x), each ``(batch, dim)``."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Mean of p(x|z), ``(batch, dim) -> (batch, *shape)``."""

    @abstractmethod
    def sample_prior(self, rows: int, generator: Generator) -> Tensor:
        """Draws from p(z), ``(rows, dim)``."""

    @abstractmethod
    def log_conditional(self, x: Tensor, z: Tensor) -> Tensor:
        """Log p(x|z) in nats, ``(batch, *shape)`` and ``(draws, batch, dim) -> (draws, batch)``."""

    @abstractmethod
    def log_prior(self, z: Tensor) -> Tensor:
        """Log p(z) in nats, ``(..., dim) -> (...)``."""


def importance(model: Generative, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
    """Estimates by K draws of z from q(z|x), with w_k = p(x, z_k) / q(z_k|x); all rows and many draws at a time.

    Args:
        model: What is asked.
        x: ``(batch, *shape)``.
        index: The rows' numbers, ``(batch,)``.
        samples: K, 1 or more.
        seed: Of the draws.

    Returns:
        Float64 ``(batch,)`` each: ``reconstruction`` = mean_k log p(x|z_k), ``kl`` = mean_k log q(z_k|x) − log p(z_k),
        and ``log_likelihood`` = log mean_k w_k, which in expectation is at most log p(x) and rises with K
        (Burda et al., 2016, theorem 1).
    """
    mean, log_var = model.posterior(x)  # (batch, dim)
    step = max(1, _HELD // x.numel())
    conditional, ratio = [], []
    for first in range(0, samples, step):
        draws = range(first, min(first + step, samples))
        noise = row_noise(index, draws, mean.shape[1], seed).to(mean.dtype)
        z = reparameterise(mean, log_var, noise)  # (draws, batch, dim)
        log_q = log_standard_normal(noise) - 0.5 * log_var.sum(1)  # (draws, batch)
        conditional.append(model.log_conditional(x, z).double())
        ratio.append((log_q - model.log_prior(z)).double())
    log_p, excess = torch.cat(conditional), torch.cat(ratio)  # (samples, batch)
    bound = (log_p - excess).logsumexp(0) - math.log(samples)
    return {"reconstruction": log_p.mean(0), "kl": excess.mean(0), "log_likelihood": bound}
