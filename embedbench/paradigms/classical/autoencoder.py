"""Auto-encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.paradigms.learned import Learned, WithDecoderFactory
from embedbench.types import Batch, DataSpec


class Autoencoder(Learned):
    """Encoder and decoder that reconstruct the input through a bottleneck (Hinton & Salakhutdinov, 2006).

    Loss: squared error summed over a row's features, mean over rows. With ``noise`` it is a denoising auto-encoder
    (Vincent et al., 2008): in training it sees the rows with Gaussian noise and has to give them without.

    Args:
        spec: Of the data.
        latent_dim: Size of the bottleneck; the data's default if not given.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        noise: Standard deviation of what is added to the rows in training, in units of the data, 0 or more.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If ``noise`` is below 0.
    """

    kind = "classical"
    needs_arrays = True
    encoder: WithDecoder

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: WithDecoderFactory | None = None,
        noise: NonNegativeFloat = 0.0,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.noise = noise
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The reconstruction error."""
        noisy = self.training and self.noise > 0
        seen = batch.x + self.noise * torch.randn_like(batch.x) if noisy else batch.x
        error = self.decoder(self.embed(seen)) - batch.rows  # (batch, *shape)
        return {"reconstruction": error.square().flatten(1).sum(1).mean()}

    def embed(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]
