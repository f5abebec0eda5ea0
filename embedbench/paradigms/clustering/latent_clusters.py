"""Auto-encoders whose latents are clustered."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.errors import RunError
from embedbench.paradigms.clustering.clusterer import Clusterer, Count, Embedding, choose_count, count_clusters
from embedbench.paradigms.fit_rows import FitRows, SplitRows
from embedbench.paradigms.learned import Learned, WithDecoderFactory
from embedbench.types import DataSpec

RESTARTS = 20  # of the k-means that clusters start from, as in Xie et al. (2016)


class LatentClusters(Learned, Clusterer):
    """An auto-encoder, then clusters of what it makes of all train rows.

    With "auto" the number of clusters is that of the k-means of the latents with the best silhouette of validation
    rows; the soft assignment has 20 columns, of which those beyond it are 0. The last weights are scored: the clusters
    are those of their latents. A fit that ends before there are clusters fails.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of the bottleneck; the data's default if not given.
        embedding: What is clustered ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Attributes:
        tried: Numbers of clusters to choose from; there is room for the last.
        count: Number of clusters, int64 scalar.
        bottleneck: Size of the latent.

    Raises:
        UsageError: If an argument is out of its range, or no classes are there to be counted.
    """

    kind = "clustering"
    selection = "last"
    needs_arrays = True
    encoder: WithDecoder
    count: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count,
        latent_dim: PositiveInt | None,
        embedding: Embedding,
        encoder: WithDecoderFactory | None,
        lr: PositiveFloat,
        weight_decay: NonNegativeFloat,
    ) -> None:
        tried = count_clusters(self.called(), clusters, spec)
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.tried, self.bottleneck, self.embedding = tried, self.latent_dim, embedding
        self.register_buffer("count", torch.tensor(tried[-1]))
        self.decoder = self.encoder.mirror(self.bottleneck)
        self.repaired = 0

    @property
    @abstractmethod
    def has_clusters(self) -> bool:
        """Whether the clusters have been placed among the latents."""

    @abstractmethod
    def latent(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, bottleneck)``."""

    @abstractmethod
    def points(self, x: Tensor) -> Tensor:
        """What is clustered, ``(batch, *shape) -> (batch, features)``."""

    @abstractmethod
    def assign(self, points: Tensor) -> Tensor:
        """Soft assignment, ``(batch, features) -> (batch, count)``."""

    def embed(self, x: Tensor) -> Tensor:
        """What is clustered ``(batch, features)``, or the soft assignment ``(batch, clusters)``."""
        points = self.points(x)
        found = points if self.embedding == "latent" else self.assign(points)
        return nn.functional.pad(found, (0, self.latent_dim - found.shape[1]))

    def clusters(self, x: Tensor) -> Tensor:
        """The likeliest cluster, int64 ``(batch,)``."""
        return self.assign(self.points(x)).argmax(1)

    def prepare_fit(self, rows: FitRows) -> None:
        """Keeps the rows, to look at them again."""
        self._fit_rows = rows

    def latents_of(self, split: SplitRows) -> Tensor:
        """Of all rows of a split, in their order, ``(rows, bottleneck)``."""
        self._stop_if_broken()  # nothing can be found among latents that aren't finite
        return split.embeddings(self.latent)

    def choose(self, z: Tensor) -> None:
        """Sets the number of clusters by the latents of all train rows ``(rows, bottleneck)``, alike on every rank."""
        if len(self.tried) > 1:
            found = choose_count(z, self.latents_of(self._fit_rows.val), self.tried, RESTARTS)
            self.count.fill_(self.trainer.strategy.broadcast(found))

    def on_fit_end(self) -> None:
        """Fails where there are no clusters to be scored, however the fit ended.

        Raises:
            RunError: If there are none.
        """
        if not self.has_clusters:
            raise RunError(
                f"the fit ended after {self.global_step} steps, before {self.called()} had placed any clusters; give "
                "it more steps, or leave out the early stop or the limit of time or batches."
            )
