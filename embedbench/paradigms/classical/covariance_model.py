"""Models that are solved from the mean and the covariance of the train rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from torch import Tensor

from embedbench.errors import UsageError
from embedbench.functional.moments import covariance
from embedbench.functional.second_moments import Covariance, CovarianceMatrix, CovarianceOfRows
from embedbench.memory import check_memory
from embedbench.paradigms.solved import ClosedForm
from embedbench.types import DataSpec

_LARGEST = 20_000  # side of a matrix that is decomposed
_FLOAT64 = 8  # bytes
_HELD = 3  # matrices of that size at a time
_CURE = "make the images smaller, or take fewer features or rows"


class CovarianceModel(ClosedForm):
    """Solved from sums over the rows; where there are fewer rows than features from the rows, which are less.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.

    Raises:
        UsageError: If there are over 20,000 features and as many rows, or, of ``check``, if the memory can't hold the
            fit.
    """

    def __init__(self, spec: DataSpec, latent_dim: int | None) -> None:
        features, smaller = spec.features, min(spec.n_rows, spec.features)
        if smaller > _LARGEST:
            raise UsageError(
                f"model `{self.called()}` takes at most {_LARGEST:,} features or train rows, whichever are fewer, got "
                f"{features:,} features of {spec.n_rows:,} rows; make the images smaller, or take fewer rows."
            )
        check_memory(_FLOAT64 * smaller * features, f"model `{self.called()}`", _CURE)
        outer: dict[str, tuple[int, ...]] = {"total": (features,), "outer": (features, features)}
        rows: dict[str, tuple[int, ...]] = {"rows": (spec.n_rows, features)}
        super().__init__(spec, latent_dim, rows if spec.n_rows < features else outer)
        self._size = _FLOAT64 * smaller * features

    def check(self, rows: Mapping[str, int]) -> None:
        """Refuses a fit that the memory can't hold: of what is summed, what that becomes, and its axes."""
        super().check(rows)
        check_memory(_HELD * self._size, f"the fit of model `{self.called()}`", _CURE)

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
