"""Models that are solved from the mean and the covariance of the train rows."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from embedbench.functional.moments import covariance
from embedbench.functional.second_moments import Covariance, CovarianceMatrix, CovarianceOfRows
from embedbench.paradigms.solved import ClosedForm
from embedbench.types import DataSpec


class CovarianceModel(ClosedForm):
    """Solved from sums over the rows; where there are fewer rows than features from the rows, which are less.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
    """

    def __init__(self, spec: DataSpec, latent_dim: int | None) -> None:
        features = spec.features
        outer: dict[str, tuple[int, ...]] = {"total": (features,), "outer": (features, features)}
        rows: dict[str, tuple[int, ...]] = {"rows": (spec.n_rows, features)}
        super().__init__(spec, latent_dim, rows if spec.n_rows < features else outer)

    @abstractmethod
    def fit_moments(self, mean: Tensor, cov: Covariance) -> None:
        """Sets the parameters from the mean ``(features,)`` and the maximum-likelihood covariance."""

    def statistics(self, x: Tensor, index: Tensor) -> dict[str, Tensor]:
        """Sums of x and of x xᵀ, or each row in its place."""
        if "rows" in self.sums.shapes:
            return {"rows": x.new_zeros(self.spec.n_rows, self.spec.features).index_add_(0, index, x)}
        return {"total": x.sum(0), "outer": x.T @ x}

    def solve(self, sums: dict[str, Tensor]) -> None:
        """Centres what was summed."""
        if "rows" in sums:
            mean = sums["rows"].mean(0)
            self.fit_moments(mean, CovarianceOfRows(sums["rows"] - mean))
        else:
            mean, matrix = covariance(sums["count"], sums["total"], sums["outer"])
            self.fit_moments(mean, CovarianceMatrix(matrix))
