"""Supervised embedding: the layer before the prediction."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.paradigms.base import need_target
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.types import Batch, DataSpec


class Supervised(Learned):
    """Classification by cross-entropy, or regression by squared error of the standardised label if it is real-valued.

    Several labels a row are as many yes-or-no questions: the loss is the binary cross-entropy
    −y log σ(a) − (1 − y) log(1 − σ(a)), in nats, of each label's output a, in the mean over rows and labels.

    The embedding is the penultimate layer: the encoder's features brought to ``latent_dim`` by a linear layer with
    ReLU, on which one more linear layer predicts.

    Args:
        spec: Of labelled data.
        latent_dim: Size of the penultimate layer; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If the data have no labels.
    """

    kind = "supervised"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: EncoderFactory | None = None,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        need_target("supervised", spec, "classes", "real", "multilabel")
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.head = nn.Linear(self.latent_dim, spec.n_classes or 1)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy in nats, of classes or of each label, or the squared error."""
        prediction = self.head(self.embed(batch.x))  # (batch, classes), or (batch, 1)
        assert batch.label is not None  # the constructor refused data without labels
        if self.spec.target == "classes":
            return {"cross_entropy": functional.cross_entropy(prediction, batch.label)}
        if self.spec.target == "multilabel":
            return {"cross_entropy": functional.binary_cross_entropy_with_logits(prediction, batch.label)}
        return {"squared_error": functional.mse_loss(prediction[:, 0], batch.label)}  # which is standardised

    def embed(self, x: Tensor) -> Tensor:
        """The penultimate layer, ``(batch, *shape) -> (batch, dim)``."""
        return torch.relu(self.to_latent(self.encoder(x)))
