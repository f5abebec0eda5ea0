"""Auto-encoder."""

from __future__ import annotations

from torch import Tensor, nn

from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.types import Batch, DataSpec


class Autoencoder(Learned):
    """Encoder and decoder that reconstruct the input through a bottleneck (Hinton & Salakhutdinov, 2006).

    Loss: squared error summed over a row's features, mean over rows.

    Args:
        spec: Of the data.
        latent_dim: Size of the bottleneck; the data's default if not given.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.
    """

    kind = "classical"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: int | None = None,
        encoder: EncoderFactory | None = None,
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The reconstruction error."""
        error = self.decoder(self.embed(batch.x)) - batch.x  # (batch, *shape)
        return {"reconstruction": error.square().flatten(1).sum(1).mean()}

    def embed(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]
