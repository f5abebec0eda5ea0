"""Supervised contrastive embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.functional.contrast import supervised_contrastive
from embedbench.paradigms.base import need_target
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.types import Batch, DataSpec


class SupervisedContrastive(Learned):
    """Rows of one class attract, others repel, on the sphere of a projection head (Khosla et al., 2020).

    Positives are the other rows of the class in the batch, so that it fits any modality; of augmented rows two views
    each. The embedding is the layer under the projection head, as in the source.

    Args:
        spec: Of data with classes.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``.
        temperature: τ of the loss, above 0.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If the data have no classes, or ``temperature`` isn't above 0.
    """

    kind = "supervised"
    views = 2

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: EncoderFactory | None = None,
        temperature: PositiveFloat = 0.1,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        need_target("supervised_contrastive", spec, "classes")
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.temperature = temperature
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.projection = nn.Sequential(nn.ReLU(), nn.Linear(self.latent_dim, self.latent_dim))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The contrast, in nats."""
        assert batch.label is not None  # the constructor refused data without labels
        x, label = batch.x, batch.label
        if batch.other is not None:
            x, label = torch.cat([x, batch.other]), torch.cat([label, label])
        z = functional.normalize(self.projection(self.embed(x)), dim=1)  # (batch or 2 batch, dim)
        return {"contrast": supervised_contrastive(z, label, self.temperature)}

    def embed(self, x: Tensor) -> Tensor:
        """The layer under the projection head, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]
