"""Linear Gaussian models fitted to the covariance of the rows, in one pass over them."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import PositiveInt
from embedbench.errors import RunError, UsageError
from embedbench.functional.linear_gaussian import Linear, posterior_mean
from embedbench.functional.second_moments import Covariance
from embedbench.paradigms.classical.covariance_model import CovarianceModel
from embedbench.paradigms.generative.linear_decoder import LinearGaussian
from embedbench.types import DataSpec

_WIDEST = 20_000
_NEARLY = 1 + 1e-9  # times the bound, to rounding


class FactorModel(CovarianceModel, LinearGaussian):
    """A linear Gaussian model whose inference is its exact posterior: the ELBO is the log-likelihood.

    Args:
        spec: Of the data.
        latent_dim: Number of factors, below the number of features and of directions in which the rows differ (one less
            than the rows); if not given the data's default, or as many as the features allow and at most half as many
            as those directions, so that the noise rests on the other half.

    Raises:
        UsageError: If ``latent_dim`` is too large, or a row has over 20,000 features.
    """

    kind = "classical"

    def __init__(self, spec: DataSpec, latent_dim: PositiveInt | None) -> None:
        features = spec.features
        most = min(features, spec.n_rows - 1) - 1
        dim = min(spec.latent_dim, most, (spec.n_rows - 1) // 2) if latent_dim is None else latent_dim
        if most < 1:
            raise UsageError(
                f"factors need 2 features and 3 train rows or more, got {spec.n_rows} rows of {features} features; "
                "take pca."
            )
        if dim > most:
            raise UsageError(
                f"`latent_dim` must be in [1, {most}] for {spec.n_rows} rows of {features} features, got {dim}: what "
                "is left of the variance is noise; lower it by --model.latent_dim."
            )
        if features > _WIDEST:
            raise UsageError(
                f"the covariance takes at most {_WIDEST} features, got {features}; make the images smaller."
            )
        super().__init__(spec, dim)
        self.may_shrink = latent_dim is None
        if self.may_shrink and dim < spec.usual_latent_dim:
            few = f"{features} features" if dim == features - 1 else f"{spec.n_rows} train rows"
            self.notes.append(f"latent size {dim} in place of {spec.usual_latent_dim}, for {few}")
        self.offset = nn.Parameter(torch.zeros(features, dtype=torch.float64))
        self.loadings = nn.Parameter(torch.zeros(dim, features, dtype=torch.float64))
        self.noise = nn.Parameter(torch.ones(features, dtype=torch.float64))

    @abstractmethod
    def fit_covariance(self, cov: Covariance) -> tuple[Tensor, Tensor]:
        """Loadings ``(dim, features)`` and noise variances ``(features,)``; Wᵀ Ψ⁻¹ W has to be diagonal."""

    @abstractmethod
    def least_noise(self, variances: Tensor) -> Tensor:
        """The noise variances that aren't gone below, ``(features,)``, of features with these variances."""

    @property
    def linear(self) -> Linear:
        """The parameters, float64."""
        return Linear(self.loadings, self.offset, self.noise)

    def fit_moments(self, mean: Tensor, cov: Covariance) -> None:
        """Maximises the likelihood of all rows, given their covariance."""
        loadings, noise = self.fit_covariance(cov)
        if not float(noise.sum()) > 0:
            raise RunError(f"{self.latent_dim} factors leave no variance for noise; lower --model.latent_dim.")
        self.notes += self._bound_note(noise, cov.variances)
        with torch.no_grad():
            self.offset.copy_(mean)
            self.loadings.copy_(loadings)
            self.noise.copy_(noise)

    def _bound_note(self, noise: Tensor, variances: Tensor) -> list[str]:
        """Says of how many features the noise is the least allowed, in the factors' own measure of it."""
        held = int((noise <= self.least_noise(variances) * _NEARLY).sum())
        return [
            f"the log-likelihood rests on the least noise allowed, a millionth of the variance, in {held} of "
            f"{len(noise)} features: {self.latent_dim} factors leave no more"
        ] * bool(held)

    def embed(self, x: Tensor) -> Tensor:
        """The posterior mean, ``(batch, *shape) -> (batch, dim)``."""
        return posterior_mean(self.linear, x.flatten(1).double()).to(x.dtype)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of p(z|x), which has independent coordinates, each float64 ``(batch, dim)``."""
        mean = posterior_mean(self.linear, x.flatten(1).double())
        return mean, -self.linear.information.diagonal().log().expand_as(mean)
