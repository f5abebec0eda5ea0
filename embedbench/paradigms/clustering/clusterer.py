"""What a model that gives clusters itself can do beside embedding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

from embedbench.arguments.hints import PositiveInt
from embedbench.errors import UsageError
from embedbench.neighbors import k_means
from embedbench.neighbors.internal_indices import silhouette
from embedbench.paradigms.clustering.soft_clusters import split_widest
from embedbench.types import DataSpec

Embedding = Literal["assignment", "latent"]
Count = PositiveInt | Literal["classes", "auto"]
MOST = 20  # clusters that "auto" tries


class Clusterer(ABC):
    """A model that puts each row into a cluster: the metrics of clustering score these, and not those of k-means."""

    @abstractmethod
    def clusters(self, x: Tensor) -> Tensor:
        """Number of each row's cluster, ``(batch, *shape) -> (batch,)``, int64."""

    @abstractmethod
    def cluster_notes(self) -> list[str]:
        """What a reader of the scores should know once it is fitted, one sentence each."""


def count_clusters(name: str, asked: Count, spec: DataSpec) -> list[int]:
    """The numbers of clusters to choose from: the one asked for, as many as there are classes, or, for "auto", 2 to 20.

    Where there are no classes to count, "classes" is "auto".

    Args:
        name: Of the model, for the complaint.
        asked: Of the user.
        spec: Of the data.

    Raises:
        UsageError: If the number isn't in [1, train rows], or there are too few rows to choose one.
    """
    if asked == "auto" or (asked == "classes" and spec.target != "classes"):
        if spec.n_rows < 3:
            raise UsageError(f"`clusters` auto of {name} needs 3 train rows or more, got {spec.n_rows}; add rows.")
        return list(range(2, min(MOST, spec.n_rows - 1) + 1))
    count = min(spec.n_classes, spec.n_rows) if asked == "classes" else asked
    if count > spec.n_rows:
        raise UsageError(
            f"`clusters` of {name} must be in [1, {spec.n_rows}] for {spec.n_rows} train rows, got {count}; choose "
            "another number."
        )
    return [count]


def find_centroids(rows: Tensor, clusters: int, restarts: int) -> tuple[Tensor, int]:
    """K-means, searched in float32 around the mean of the rows.

    Args:
        rows: ``(rows, features)``, the same on every rank; the seed comes from torch's generator.
        clusters: Their number, at most the rows.
        restarts: Starts, of which the one with the lowest inertia counts.

    Returns:
        Centroids ``(clusters, features)``, and how often an empty cluster was repaired by a part of a large one.
    """
    centre, spread = rows.mean(0), rows.std(correction=0)
    spread = torch.where(spread > 0, spread, torch.ones_like(spread))
    points = ((rows - centre) / spread).float().cpu().numpy()
    seed = int(torch.randint(2**31 - 1, ()))
    found = k_means.find_clusters(points, clusters, restarts, seed)
    centroids = torch.from_numpy(found.centroids).to(rows) * spread + centre
    # What faiss left empty: its own repair splits a cluster even where all rows of it are equal.
    centroids, more = split_widest(rows, centroids, squares(rows, centroids).argmin(1))
    return centroids, found.repaired + more


def choose_count(train: Tensor, val: Tensor, tried: list[int], restarts: int) -> int:
    """The number of clusters of k-means with the best silhouette (Rousseeuw, 1987) of validation rows.

    Args:
        train: Rows that are clustered, ``(rows, features)``.
        val: Rows that are scored, ``(rows, features)``.
        tried: Numbers to choose from; a single one is taken as it is.
        restarts: Of each k-means.
    """
    if len(tried) == 1:
        return tried[0]
    groups = (squares(val, find_centroids(train, count, restarts)[0]).argmin(1) for count in tried)
    return tried[max(range(len(tried)), key=[mean_silhouette(val, group) for group in groups].__getitem__)]


def mean_silhouette(rows: Tensor, group: Tensor) -> float:
    """Silhouette of rows ``(rows, features)`` in the clusters ``group`` ``(rows,)``, −1 if all are in one."""
    return silhouette(rows.cpu().numpy(), group.cpu().numpy()) if bool((group != group[0]).any()) else -1.0


def count_note(count: int, tried: list[int]) -> str:
    """Says how many clusters there are, and among which numbers that was chosen."""
    return f"{count} clusters" + (f", the best of {tried[0]} to {tried[-1]} on validation" if len(tried) > 1 else "")


def squares(rows: Tensor, centres: Tensor) -> Tensor:
    """Squared distances without cancellation, ``(batch, dim)`` and ``(clusters, dim) -> (batch, clusters)``."""
    return torch.stack([(rows - centre).square().sum(1) for centre in centres], dim=1)


def repaired_note(repaired: int) -> list[str]:
    """Says how often an empty cluster was repaired, if it was."""
    times = "once" if repaired == 1 else f"{repaired} times"
    return [f"an empty cluster was repaired {times}, by a part of a large one"] if repaired else []
