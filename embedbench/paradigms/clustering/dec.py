"""Deep embedded clustering."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import (
    ClosedUnitInterval,
    NonNegativeFloat,
    OpenUnitInterval,
    PositiveFloat,
    PositiveInt,
)
from embedbench.paradigms.clustering.clusterer import Count, Embedding, find_centroids
from embedbench.paradigms.clustering.deep_clustering import DeepClustering, touch_unused
from embedbench.paradigms.clustering.latent_clusters import RESTARTS
from embedbench.paradigms.clustering.soft_clusters import divergence, sharpened, student_t
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.types import Batch, DataSpec


class DEC(DeepClustering):
    """Deep embedded clustering (Xie et al., 2016), with the reconstruction of IDEC (Guo et al., 2017) where asked for.

    Of the source: an auto-encoder is trained on the squared error, a mean over rows and features; k-means of its
    latents, the best of 20 starts, gives the centres; from there encoder and centres minimise KL(p ‖ q), a mean over
    rows in nats. q is the soft assignment by Student's t of one degree of freedom, p the sharper target made of q of
    all train rows every 140 steps. Training ends when fewer than 0.1 % of the rows change their cluster between two
    targets. Of validation rows p is made of their own q and the train rows' frequencies.

    Of the common protocol: the encoder is the one that all models of these data have, trained as a whole in place of
    layer by layer with dropout; one budget of steps for both phases; AdamW in place of SGD.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of the bottleneck; the data's default if not given, 10 in the source.
        embedding: The bottleneck ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        reconstruction: Weight of the squared error beside KL(p ‖ q), 0 or more: 0 is DEC, 10 is IDEC, whose γ = 0.1
            weighs the divergence beside the error.
        pretraining: Share of the steps that train the auto-encoder alone, above 0 and below 1.
        interval: Steps between two targets, 1 or more; 140 in the sources.
        tolerance: Share of the train rows in [0, 1]: training ends when fewer change their cluster between two
            targets; 0.001 in the sources, 0 never.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, or no classes are there to be counted.
    """

    frequency: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count = "classes",
        latent_dim: PositiveInt | None = None,
        embedding: Embedding = "latent",
        encoder: WithDecoderFactory | None = None,
        reconstruction: NonNegativeFloat = 0.0,
        pretraining: OpenUnitInterval = 0.5,
        interval: PositiveInt = 140,
        tolerance: ClosedUnitInterval = 0.001,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        super().__init__(spec, clusters, latent_dim, embedding, encoder, pretraining, lr, weight_decay)
        self.reconstruction, self.interval, self.tolerance = reconstruction, interval, tolerance
        self.to_latent = nn.Linear(self.encoder.out_dim, self.bottleneck)
        self.centres = nn.Parameter(torch.zeros(self.tried[-1], self.bottleneck))
        self.register_buffer("frequency", torch.ones(self.tried[-1]))
        # Of all train rows; as buffers they would be sent to every rank at every step.
        self._target, self._nearest = torch.empty(0), torch.empty(0)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The squared error alone in the first phase, then KL(p ‖ q), and the error with its weight."""
        z = self.latent(batch.x)
        if not self.second_phase:
            return {"reconstruction": self._error(z, batch.rows) + self.centres.sum() * 0}
        q = self.assign(z)  # (batch, count)
        target = self._target[batch.index] if self.training else sharpened(q, self.frequency[: q.shape[1]])
        terms = {"clustering": divergence(target, q).mean()}
        weight = self.reconstruction
        return {
            **terms,
            "reconstruction": weight * self._error(z, batch.rows) if weight else touch_unused(self.decoder),
        }

    def latent(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, bottleneck)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]

    def assign(self, points: Tensor) -> Tensor:
        """Soft assignment by Student's t, ``(batch, bottleneck) -> (batch, count)``."""
        return student_t(points, self.centres[: int(self.count)])

    def start_clusters(self, z: Tensor) -> None:
        """Takes the centroids of k-means."""
        centres, repaired = self.trainer.strategy.broadcast(find_centroids(z, int(self.count), RESTARTS))
        self.repaired += repaired
        with torch.no_grad():
            self.centres[: len(centres)] = centres

    def before_step(self, step: int) -> None:
        """Makes the target of all train rows at the interval, and ends the training once few change their cluster."""
        if step % self.interval:
            return
        with torch.no_grad():
            q = self.assign(self.latents_of(self._fit_rows.train))  # (rows, count)
        self.frequency[: q.shape[1]] = q.mean(0)
        self._target, before, self._nearest = sharpened(q, q.mean(0)), self._nearest, q.argmax(1)
        if step and self.tolerance:
            settled = float((before != self._nearest).float().mean()) < self.tolerance
            if self.trainer.strategy.broadcast(settled):
                self.trainer.should_stop = True
                self.notes.append(f"fewer than {self.tolerance:.2g} of the train rows changed their cluster: converged")

    def _error(self, z: Tensor, x: Tensor) -> Tensor:
        return nn.functional.mse_loss(self.decoder(z), x)
