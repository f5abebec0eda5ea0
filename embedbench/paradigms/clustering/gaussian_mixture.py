"""Mixture of Gaussians."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from embedbench.arguments.hints import PositiveFloat, PositiveInt
from embedbench.errors import UsageError
from embedbench.functional.moments import varying
from embedbench.paradigms.clustering.balanced_mixture import BALANCED_NOTE, fit_balanced
from embedbench.paradigms.clustering.clusterer import Count, Embedding, find_centroids, repaired_note
from embedbench.paradigms.clustering.mixture import FittedEM, Mixture, fit_em, log_joint, parameters
from embedbench.paradigms.clustering.row_clusters import RowClusters
from embedbench.types import DataSpec

_WIDEST = 2_000  # features of a full covariance


class GaussianMixture(RowClusters):
    """Mixture of Gaussians by expectation maximisation (Dempster, Laird & Rubin, 1977), in float64.

    It starts from the clusters of k-means. Each step sums over batches and ranks; it ends when the mean log-likelihood
    of the train rows rises by less than 1e-4 nats, or after 200 steps. Of several starts the likeliest counts. The soft
    assignment is p(cluster | x). A number of clusters is chosen by BIC = −2 log p(rows) + parameters · log(rows) of the
    validation rows (Schwarz, 1978).

    ``balanced`` clusters are knowledge of the data, not a finding: that the groups looked for have equally many rows,
    as the classes of many benchmarks have. The result says so. Each step divides the rows among clusters of one size
    by Sinkhorn's iteration (Asano et al., 2020), and the weights stay equal.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        embedding: The soft assignment, or "latent": the rows that are clustered themselves.
        on: Folder of a finished run whose embedding is clustered, such as runs/ID; the flattened input if not given.
        covariance: Independent features within a cluster ("diagonal"), or any covariance ("full").
        floor: Added to every variance, in squared units of the data, above 0. To a feature that varies by less than a
            thousandth of the median spread the median variance is added: it would decide alone where a row belongs.
        restarts: Starts, each from a k-means of its own, 1 or more.
        balanced: Whether clusters are fitted as if each had equally many train rows.

    Raises:
        UsageError: If an argument is out of its range, no classes are there to be counted, a full covariance would
            have over 2,000 features, or ``on`` is no finished run on such data.
    """

    weights: Tensor
    means: Tensor
    precision_cholesky: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count = "classes",
        embedding: Embedding = "assignment",
        on: Path | None = None,
        covariance: Literal["diagonal", "full"] = "diagonal",
        floor: PositiveFloat = 1e-6,
        restarts: PositiveInt = 5,
        balanced: bool = False,
    ) -> None:
        super().__init__(spec, clusters, embedding, on)
        features = self.features
        if covariance == "full" and features > _WIDEST:
            raise UsageError(
                f"`covariance` full takes at most {_WIDEST} features, got {features}; take diagonal, or cluster an "
                "embedding."
            )
        shape = (features, features) if covariance == "full" else (features,)
        self.hold({"weights": (), "means": (features,), "precision_cholesky": shape})
        self.full, self.floor, self.restarts, self.balanced = covariance == "full", floor, restarts, balanced

    def solve(self, rows: Tensor, clusters: int) -> tuple[dict[str, Tensor], list[str]]:
        """The likeliest mixture of all starts."""
        centre = rows.mean(0)  # sums of squares around the mean lose no digits
        floor = self._floors(rows.var(0, correction=0))
        fits = [self._em_fit(rows - centre, clusters, floor) for _ in range(self.restarts)]
        best = max((one for one, _ in fits), key=lambda one: one.log_likelihood)
        weights, means, roots = best.model
        found = {"weights": weights, "means": means + centre, "precision_cholesky": roots}
        notes = repaired_note(sum(one.repaired + repaired for one, repaired in fits))
        return found, [*([BALANCED_NOTE] if self.balanced else []), *notes]

    def criterion(self, rows: Tensor) -> float:
        """−BIC."""
        free = parameters(int(self.count), rows.shape[1], full=self.full) - self.balanced * (int(self.count) - 1)
        return 2 * float(self.log_likelihood(rows).sum().detach()) - free * math.log(len(rows))

    def assign(self, rows: Tensor) -> Tensor:
        """Responsibilities, float64 ``(batch, features) -> (batch, count)``."""
        return log_joint(self.mixture, rows).softmax(1)

    def log_likelihood(self, rows: Tensor) -> Tensor:
        """Log p(x) in nats, float64 ``(batch, features) -> (batch,)``."""
        return log_joint(self.mixture, rows).logsumexp(1)

    @property
    def mixture(self) -> Mixture:
        """The parameters of the clusters that are fitted, float64."""
        count = int(self.count)
        return Mixture(self.weights[:count], self.means[:count], self.precision_cholesky[:count])

    def _floors(self, variances: Tensor) -> Tensor:
        """What is added to each feature's variances, ``(features,)``."""
        floors = torch.full_like(variances, self.floor)
        steady = (variances > 0) & ~varying(variances)
        floors[steady] = variances[variances > 0].median().clamp(min=self.floor)
        return floors

    def _em_fit(self, rows: Tensor, clusters: int, floor: Tensor) -> tuple[FittedEM, int]:
        """Expectation maximisation from one k-means, and how many empty clusters that one had."""
        centroids, repaired = find_centroids(rows, clusters, restarts=1)
        if self.balanced:  # by every rank alike: rows are divided as a whole
            return fit_balanced(rows, centroids, full=self.full, floor=floor), repaired
        share = rows[self.trainer.global_rank :: self.trainer.world_size]
        gather = partial(self.trainer.strategy.reduce, reduce_op="sum")
        return fit_em(share, centroids, full=self.full, floor=floor, gather=gather), repaired
