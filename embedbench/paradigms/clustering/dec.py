"""Deep embedded clustering."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.errors import UsageError
from embedbench.paradigms.clustering.clusterer import Count, Embedding
from embedbench.paradigms.clustering.deep_clustering import DeepClustering, touch_unused
from embedbench.paradigms.clustering.soft_clusters import divergence, sharpened, split_widest, student_t
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.types import Batch, DataSpec


class DEC(DeepClustering):
    """Deep embedded clustering (Xie et al., 2016), with the reconstruction of IDEC (Guo et al., 2017) where asked for.

    First an auto-encoder is trained on the squared error, a mean over rows and features. Latents then get a spread of 1
    within clusters, those of a mixture of Gaussians that starts from k-means (with ``even`` of one whose clusters are
    of one size). From their means on encoder and centres minimise KL(p ‖ q), a mean over rows in nats: q is the soft
    assignment by Student's t, p the sharper target made of q of all train rows every ``interval`` steps. Of validation
    rows p is made of their own q and the train rows' frequencies.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of the bottleneck; the data's default if not given.
        embedding: The bottleneck ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        reconstruction: Weight of the squared error beside KL(p ‖ q); 0 is DEC, 10 is IDEC's ratio, 0 or more.
        neighbors: With 2 or more, the last third of the first phase also draws each latent to where UMAP of the latents
            (McInnes et al., 2018), by so many nearest ones of each, itself among them, puts it; 0 doesn't.
        even: Whether clusters start as parts of about one size, as suits classes that are alike in number.
        pretraining: Share of the steps that train the auto-encoder alone, above 0 and below 1.
        interval: Steps between two targets, 1 or more; 140 is IDEC's.
        scale_rows: Whether the encoder sees each row divided by its root mean square, by which it can't tell a bright
            picture from a dark one of the same.
        sway: Of images: whether training shifts what the encoder sees by up to a tenth of its sides, turns it by up to
            15 degrees and zooms it by up to 15 % (Guo et al., 2018); what is reconstructed stays.
        flip: Of images: whether training mirrors half of what the encoder sees, left to right; wrong for what may be
            read.
        decay: Share of each phase, at its end, over which the learning rate falls linearly to 0, in [0, 1].
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
        latent_dim: int | None = None,
        embedding: Embedding = "latent",
        encoder: WithDecoderFactory | None = None,
        reconstruction: float = 0.0,
        neighbors: int = 0,
        even: bool = False,
        pretraining: float = 0.5,
        interval: int = 140,
        scale_rows: bool = False,
        sway: bool = False,
        flip: bool = False,
        decay: float = 0.0,
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
    ) -> None:
        if reconstruction < 0:
            raise UsageError(f"`reconstruction` of dec must be 0 or more, got {reconstruction}.")
        super().__init__(
            spec,
            clusters,
            latent_dim,
            embedding,
            encoder,
            neighbors,
            even,
            pretraining,
            interval,
            scale_rows,
            sway,
            flip,
            decay,
            lr,
            weight_decay,
        )
        self.reconstruction = reconstruction
        self.to_latent = nn.Linear(self.encoder.out_dim, self.bottleneck)
        self.centres = nn.Parameter(torch.zeros(self.tried[-1], self.bottleneck))
        self.register_buffer("frequency", torch.ones(self.tried[-1]))
        self._target = torch.empty(0)  # of all train rows; as a buffer it would be sent to every rank at every step

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The squared error alone in the first phase, then KL(p ‖ q), and the error with its weight."""
        z = self.latent(self.view(batch.x))
        if not self.begun:
            error = self._error(z, batch.x) + self.centres.sum() * 0
            return {"reconstruction": error, **self.landing_term(z, batch, 1)}
        q = self.assign(z)  # (batch, count)
        target = self._target[batch.index] if self.training else sharpened(q, self.frequency[: q.shape[1]])
        terms = {"clustering": divergence(target, q).mean()}
        weight = self.reconstruction
        return {**terms, "reconstruction": weight * self._error(z, batch.x) if weight else touch_unused(self.decoder)}

    def latent(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, bottleneck)``; its unit is the spread within clusters."""
        return self.to_latent(self.encoder(self.seen(x))) @ self.unit  # type: ignore[no-any-return]

    def assign(self, z: Tensor) -> Tensor:
        """Soft assignment by Student's t, ``(batch, bottleneck) -> (batch, count)``."""
        return student_t(z, self.centres[: int(self.count)])

    def begin(self, z: Tensor) -> None:
        """Takes the clusters' means, in units of the spread within clusters: Student's t has the scale 1."""
        centres = self.place(z)[1]
        with torch.no_grad():
            self.centres[: len(centres)] = centres

    def refresh(self, z: Tensor) -> int:
        """Makes the target of all train rows, once no cluster is empty."""
        with torch.no_grad():
            centres, repaired = split_widest(z, self.centres[: int(self.count)], self.assign(z).argmax(1))
            self.centres[: len(centres)] = centres
            q = self.assign(z)  # (rows, count)
            self.frequency[: len(centres)] = q.mean(0)
            self._target = sharpened(q, q.mean(0))
        return repaired

    def _error(self, z: Tensor, x: Tensor) -> Tensor:
        return nn.functional.mse_loss(self.decoder(z @ self.inverse), self.seen(x))
