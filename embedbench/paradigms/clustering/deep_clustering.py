"""Auto-encoders trained on for their clusters: first they learn to reconstruct, then for the clusters."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from embedbench.arguments.hints import NonNegativeFloat, OpenUnitInterval, PositiveFloat, PositiveInt
from embedbench.paradigms.clustering.clusterer import Count, Embedding, count_note, repaired_note
from embedbench.paradigms.clustering.latent_clusters import LatentClusters
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.types import DataSpec


class DeepClustering(LatentClusters):
    """Two phases within one budget of steps: an auto-encoder's, then that of the clusters.

    Between them all ranks embed all train rows, and ``start_clusters`` places the clusters among them.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of the bottleneck; the data's default if not given.
        embedding: The bottleneck ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        pretraining: Share of the steps that the first phase takes, above 0 and below 1.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Attributes:
        second_phase: Whether the second phase has begun.

    Raises:
        UsageError: If an argument is out of its range, or no classes are there to be counted.
    """

    needs_budget: ClassVar[bool] = True

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count,
        latent_dim: PositiveInt | None,
        embedding: Embedding,
        encoder: WithDecoderFactory | None,
        pretraining: OpenUnitInterval,
        lr: PositiveFloat,
        weight_decay: NonNegativeFloat,
    ) -> None:
        super().__init__(spec, clusters, latent_dim, embedding, encoder, lr, weight_decay)
        if embedding == "assignment":
            self.latent_dim = self.tried[-1]
        self.pretraining, self.second_phase = pretraining, False
        self._first_steps = 0

    @abstractmethod
    def start_clusters(self, z: Tensor) -> None:
        """Places the clusters among the latents of all train rows, ``(rows, bottleneck)``, on every rank alike."""

    @abstractmethod
    def before_step(self, step: int) -> None:
        """What the loss needs before a step of the second phase, whose first is 0."""

    @property
    def has_clusters(self) -> bool:
        """Whether the second phase has begun."""
        return self.second_phase

    def points(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, bottleneck)``."""
        return self.latent(x)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Switches to the second phase where it is time to."""
        if not self.second_phase and self.global_step == self._boundary():
            z = self.latents_of(self._fit_rows.train)
            self.choose(z)
            self.start_clusters(z)
            self.second_phase, self._first_steps = True, self.global_step
            # A new optimiser in effect: its averages are of a loss of another scale.
            self.optimizers().optimizer.state.clear()  # type: ignore[union-attr]
        if self.second_phase:
            self.before_step(self.global_step - self._first_steps)

    def cluster_notes(self) -> list[str]:
        """The number of clusters, the steps of the first phase, repairs, and clusters without rows."""
        empty = int(self.count) - len(set(self._fit_rows.train.embeddings(self.clusters).tolist()))
        return [
            count_note(int(self.count), self.tried),
            f"{self._first_steps} of {self.global_step} steps trained the auto-encoder alone",
            *repaired_note(self.repaired),
            *([f"{empty} of {int(self.count)} clusters hold no train row"] if empty else []),
        ]

    def _boundary(self) -> int:
        """The first step of the second phase, of which there is one at least."""
        steps = int(self.trainer.estimated_stepping_batches)
        return min(round(self.pretraining * steps), steps - 1)


def touch_unused(*modules: torch.nn.Module) -> Tensor:
    """Zero, by way of every parameter: several processes wait for a gradient of each."""
    return torch.stack([p.sum() for module in modules for p in module.parameters()]).sum() * 0
