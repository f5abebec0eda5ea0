"""K-means."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from embedbench.arguments.hints import PositiveInt
from embedbench.paradigms.clustering.clusterer import (
    Count,
    Embedding,
    find_centroids,
    mean_silhouette,
    repaired_note,
    squares,
)
from embedbench.paradigms.clustering.row_clusters import RowClusters
from embedbench.types import DataSpec


class KMeans(RowClusters):
    """K-means: Lloyd's iterations (1982) from several starts by k-means++, of which that of the lowest inertia counts.

    The soft assignment is that of soft k-means, p_k ∝ exp(−β ‖x − c_k‖²) (MacKay, 2003, algorithm 20.7), with the
    stiffness β = 1/2s², s² being the mean squared distance of a train row from its centroid. A number of clusters is
    chosen by the silhouette of the validation rows.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        embedding: The soft assignment, or "latent": the rows that are clustered themselves.
        on: Folder of a finished run whose embedding is clustered, such as runs/ID; the flattened input if not given.
        restarts: Number of starts, 1 or more.

    Raises:
        UsageError: If an argument is out of its range, no classes are there to be counted, or ``on`` is no finished run
            on such data.
    """

    centroids: Tensor
    variance: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count = "classes",
        embedding: Embedding = "assignment",
        on: Path | None = None,
        restarts: PositiveInt = 10,
    ) -> None:
        super().__init__(spec, clusters, embedding, on)
        self.hold({"centroids": (self.features,), "variance": ()})
        self.restarts = restarts

    def solve(self, rows: Tensor, clusters: int) -> tuple[dict[str, Tensor], list[str]]:
        """Centroids by faiss, in float32 around the mean of the rows, and s²."""
        centroids, repaired = find_centroids(rows, clusters, self.restarts)
        square, nearest = squares(rows, centroids).min(1)
        empty = clusters - int((nearest.bincount(minlength=clusters) > 0).sum())
        remarks = repaired_note(repaired)
        if empty:
            remarks.append(f"{empty} clusters hold no train row: too few rows differ")
        return {"centroids": centroids, "variance": square.mean().expand(clusters)}, remarks

    def criterion(self, rows: Tensor) -> float:
        """Silhouette, −1 if all rows are in one cluster."""
        return mean_silhouette(rows, self.assign(rows).argmax(1))

    def assign(self, rows: Tensor) -> Tensor:
        """Soft k-means, float64 ``(batch, features) -> (batch, count)``."""
        count = int(self.count)
        square = squares(rows, self.centroids[:count])  # (batch, count)
        floor = torch.finfo(torch.float64).tiny  # rows that are their centroids leave no variance
        nearest = square - square.min(1, keepdim=True).values
        return torch.softmax(-nearest / (2 * self.variance[:count]).clamp(min=floor), dim=1)
