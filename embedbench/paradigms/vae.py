"""Variational auto-encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.functional.gaussian import kl_standard_normal, log_normal, reparameterise
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.types import Batch, DataSpec

# Adam moves any parameter by about the learning rate a step, and log σ has further to go than a weight: at the weights'
# pace, σ stays so large through a short budget that most latent dimensions collapse onto the prior.
_PACE = 10


class VAE(Learned):
    """Variational auto-encoder, Gaussian likelihood of one learned σ (Kingma & Welling, 2014; Rybkin et al., 2021).

    Generator z ~ N(0, I), x|z ~ N(g(z), σ²I); inference q(z|x) = N(μ(x), diag σ(x)²). The loss is −ELBO in nats a row,
    constants kept: −E_q[log p(x|z)] by one draw, plus KL(q(z|x) ‖ N(0, I)) in closed form. The embedding is μ(x).

    Args:
        spec: Of the data.
        latent_dim: Size of z; the data's default if not given.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.
    """

    kind = "generative"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: int | None = None,
        encoder: EncoderFactory | None = None,
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.to_posterior = nn.Linear(self.encoder.out_dim, 2 * self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)
        self.scaled_log_sigma = nn.Parameter(torch.zeros(()))

    @property
    def log_sigma(self) -> Tensor:
        """Logarithm of the likelihood's σ, a scalar; 0 at the start."""
        return _PACE * self.scaled_log_sigma

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each ``(batch, dim)``."""
        mean, log_var = self.to_posterior(self.encoder(x)).chunk(2, dim=1)
        return mean, log_var

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The two parts of −ELBO, in nats a row."""
        mean, log_var = self.posterior(batch.x)
        decoded = self.decoder(reparameterise(mean, log_var))  # (batch, *shape)
        return {
            "reconstruction": -log_normal(batch.x, decoded, self.log_sigma).mean(),
            "kl": kl_standard_normal(mean, log_var).mean(),
        }

    def embed(self, x: Tensor) -> Tensor:
        """The posterior mean, ``(batch, *shape) -> (batch, dim)``."""
        return self.posterior(x)[0]
