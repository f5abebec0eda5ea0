"""Not too deep clustering."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt, Range
from embedbench.errors import UsageError
from embedbench.functional.neighbor_loss import curve
from embedbench.paradigms.clustering.balanced_mixture import BALANCED_NOTE, fit_balanced
from embedbench.paradigms.clustering.clusterer import Count, Embedding, count_note, find_centroids, repaired_note
from embedbench.paradigms.clustering.latent_clusters import RESTARTS, LatentClusters
from embedbench.paradigms.clustering.layout import lay_out
from embedbench.paradigms.clustering.mixture import FittedEM, Mixture, fit_em, log_joint
from embedbench.paradigms.clustering.placement import place
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.paradigms.neighbor_count import neighbor_count
from embedbench.paradigms.row_graph import row_graph
from embedbench.types import Batch, DataSpec

_NEIGHBORS = 20
_KERNEL = curve(0.0, 1.0)  # of UMAP's min_dist, as in the source, and its spread
_FLOOR = 1e-6  # added to variances, as scikit-learn's mixtures do


class N2D(LatentClusters):
    """Auto-encoder, UMAP of its latents, mixture of Gaussians (N2D: McConville et al., 2021).

    Of the source: an auto-encoder is trained on the squared error, a mean over rows and features; UMAP (McInnes et al.,
    2018; 20 neighbours, minimal distance 0, as many dimensions as clusters) lays out the latents of all train rows; a
    mixture of Gaussians with full covariances, from the best of 20 starts of k-means, finds the clusters of the points.
    Other rows, of which the source says nothing, are placed among these as umap-learn's ``transform`` does it: from the
    mean of the points of their nearest train rows, by UMAP's fuzzy weights, moved among points that stay.

    Of the common protocol: the encoder is the one that all models of these data have, trained by the common budget with
    AdamW, and its bottleneck has the common size, where the source's is the number of clusters.

    The weights hold the latents and the points of all train rows, which other rows are placed by. Until the budget is
    used up, as in live evaluation, rows are embedded by their latents, cut or filled with 0 to the number of clusters.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of the bottleneck; the data's default if not given.
        embedding: The points ("latent"), as many numbers as there may be clusters, or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        neighbors: Nearest latents of each, itself among them, as umap-learn counts; in [2, train rows − 1]; 20 unless
            given, or fewer for fewer rows.
        balanced: Whether clusters are fitted as if each had equally many train rows; see ``gaussian_mixture``.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, or no classes are there to be counted.
    """

    is_laid_out: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count = "classes",
        latent_dim: PositiveInt | None = None,
        embedding: Embedding = "latent",
        encoder: WithDecoderFactory | None = None,
        neighbors: Annotated[int, Range(ge=2)] | None = None,
        balanced: bool = False,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        neighbors, few = neighbor_count(neighbors, _NEIGHBORS, 2, spec)
        if neighbors >= spec.n_rows:
            raise UsageError(
                f"`neighbors` of n2d must be in [2, {spec.n_rows - 1}] for {spec.n_rows} train rows, itself among "
                f"them, got {neighbors}; lower it or give more rows."
            )
        super().__init__(spec, clusters, latent_dim, embedding, encoder, lr, weight_decay)
        self.notes += few
        self.latent_dim = most = self.tried[-1]
        self.neighbors, self.balanced = neighbors, balanced
        self.to_latent = nn.Linear(self.encoder.out_dim, self.bottleneck)
        self.register_buffer("is_laid_out", torch.tensor(False))
        self.fitted = nn.ParameterDict(  # buffers would be sent to every rank at every step
            {
                "rows": torch.zeros(spec.n_rows, self.bottleneck),
                "points": torch.zeros(spec.n_rows, most),
                "weights": torch.full((most,), 1 / most),
                "means": torch.zeros(most, most),
                "precision_cholesky": torch.eye(most).repeat(most, 1, 1),
            }
        ).requires_grad_(False)

    @property
    def has_clusters(self) -> bool:
        """Whether the latents have been laid out."""
        return bool(self.is_laid_out)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The squared error."""
        return {"reconstruction": nn.functional.mse_loss(self.decoder(self.latent(batch.x)), batch.rows)}

    def latent(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, bottleneck)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]

    def points(self, x: Tensor) -> Tensor:
        """Where rows lie in the layout, ``(batch, *shape) -> (batch, count)``."""
        z, count = self.latent(x), int(self.count)
        if not self.has_clusters:
            return nn.functional.pad(z, (0, count - z.shape[1]))
        return place(z.detach(), self.fitted["rows"], self.fitted["points"][:, :count], self.neighbors, _KERNEL)

    def assign(self, points: Tensor) -> Tensor:
        """Responsibilities of the mixture, ``(batch, count) -> (batch, count)``."""
        k = int(self.count)
        weights, means, roots = (self.fitted[name] for name in ("weights", "means", "precision_cholesky"))
        return log_joint(Mixture(weights[:k], means[:k, :k], roots[:k, :k, :k]), points).softmax(1)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Clusters once the budget is used up, before anybody looks at the last weights."""
        if self.global_step >= self.trainer.estimated_stepping_batches:
            self._cluster()

    def on_train_end(self) -> None:
        """Clusters after a fit that ended early, too."""
        self._cluster()

    def cluster_notes(self) -> list[str]:
        """The number of clusters, what is known of them, and repairs."""
        known = [BALANCED_NOTE] if self.balanced else []
        return [count_note(int(self.count), self.tried), *known, *repaired_note(self.repaired)]

    @torch.no_grad()
    def _cluster(self) -> None:
        """Lays out the latents of all train rows and fits the mixture to the points, the same on every rank."""
        if self.has_clusters:
            return
        z = self.latents_of(self._fit_rows.train)
        self.choose(z)
        count = int(self.count)
        graph, notes = row_graph(z.float().cpu().numpy(), self.neighbors, "latents")
        seed = self.trainer.strategy.broadcast(int(torch.randint(2**31 - 1, ())))
        points = lay_out(graph, count, _KERNEL, seed, z.device)
        z, points = self.trainer.strategy.broadcast((z, points))
        mixture = self._mixture_of(points.double())
        k = slice(count)
        self.fitted["rows"].copy_(z)
        self.fitted["points"][:, k] = points
        self.fitted["weights"][k] = mixture.weights.float()
        self.fitted["means"][k, k] = mixture.means.float()
        self.fitted["precision_cholesky"][k, k, k] = mixture.precision_cholesky.float()
        self.is_laid_out.fill_(True)
        self.notes += notes

    def _mixture_of(self, points: Tensor) -> Mixture:
        """The mixture of float64 points ``(rows, count)`` with full covariances."""
        centre = points.mean(0)
        centroids, repaired = find_centroids(points - centre, int(self.count), RESTARTS)
        fit = fit_balanced if self.balanced else fit_em
        found: FittedEM = self.trainer.strategy.broadcast(fit(points - centre, centroids, full=True, floor=_FLOOR))
        self.repaired += repaired + found.repaired
        return found.model._replace(means=found.model.means + centre)
