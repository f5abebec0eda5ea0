"""Probabilistic principal component analysis."""

from __future__ import annotations

from torch import Tensor

from embedbench.arguments.hints import PositiveInt
from embedbench.functional.linear_gaussian import HEYWOOD, fit_ppca
from embedbench.functional.second_moments import Covariance
from embedbench.paradigms.classical.factor_model import FactorModel
from embedbench.types import DataSpec


class PPCA(FactorModel):
    """Probabilistic PCA: one noise variance for all features, fitted in closed form (Tipping & Bishop, 1999).

    The embedding is E[z|x], whose axes are the principal ones, scaled. The noise is at least a millionth of the mean
    variance of the features.

    Args:
        spec: Of the data.
        latent_dim: Number of components; the data's default if not given.
    """

    def __init__(self, spec: DataSpec, latent_dim: PositiveInt | None = None) -> None:
        super().__init__(spec, latent_dim)

    def fit_covariance(self, cov: Covariance) -> tuple[Tensor, Tensor]:
        """The leading axes; the mean of the other variances is the noise."""
        return fit_ppca(cov, self.latent_dim)

    def least_noise(self, variances: Tensor) -> Tensor:
        """A millionth of the mean variance."""
        return HEYWOOD * variances.mean().expand_as(variances)
