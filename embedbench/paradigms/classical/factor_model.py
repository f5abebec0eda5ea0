"""Linear Gaussian models fitted to the covariance of the rows, in one pass over them."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import PositiveInt
from embedbench.errors import RunError, UsageError
from embedbench.functional.linear_gaussian import Linear, posterior_mean
from embedbench.functional.moments import covariance
from embedbench.paradigms.generative.linear_decoder import LinearGaussian
from embedbench.paradigms.solved import ClosedForm
from embedbench.types import DataSpec

_WIDEST = 20_000


class FactorModel(ClosedForm, LinearGaussian):
    """A linear Gaussian model whose inference is its exact posterior: the ELBO is the log-likelihood.

    Args:
        spec: Of the data.
        latent_dim: Number of factors, below the number of features and of rows; if not given the data's default, or as
            many as the features allow.

    Raises:
        UsageError: If ``latent_dim`` is too large, or a row has over 20,000 features.
    """

    kind = "classical"

    def __init__(self, spec: DataSpec, latent_dim: PositiveInt | None) -> None:
        features = spec.features
        most = min(features, spec.n_rows) - 1
        dim = min(spec.latent_dim, most) if latent_dim is None else latent_dim
        if most < 1:
            raise UsageError(
                f"factors need 2 features and 2 train rows or more, got {spec.n_rows} rows of {features} features; "
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
        super().__init__(spec, dim, {"total": (features,), "outer": (features, features)})
        self.may_shrink = latent_dim is None
        if self.may_shrink and dim < spec.latent_dim:
            self.notes.append(f"latent size {dim} in place of {spec.latent_dim}, for {features} features")
        self.offset = nn.Parameter(torch.zeros(features, dtype=torch.float64))
        self.loadings = nn.Parameter(torch.zeros(dim, features, dtype=torch.float64))
        self.noise = nn.Parameter(torch.ones(features, dtype=torch.float64))

    @abstractmethod
    def fit_covariance(self, cov: Tensor) -> tuple[Tensor, Tensor]:
        """Loadings ``(dim, features)`` and noise variances ``(features,)``; Wᵀ Ψ⁻¹ W has to be diagonal."""

    @property
    def linear(self) -> Linear:
        """The parameters, float64."""
        return Linear(self.loadings, self.offset, self.noise)

    def statistics(self, x: Tensor, index: Tensor) -> dict[str, Tensor]:
        """Sums of x and of x xᵀ."""
        del index
        return {"total": x.sum(0), "outer": x.T @ x}

    def solve(self, sums: dict[str, Tensor]) -> None:
        """Maximises the likelihood of all rows, given their covariance."""
        offset, cov = covariance(sums["count"], sums["total"], sums["outer"])
        loadings, noise = self.fit_covariance(cov)
        if not float(noise.sum()) > 0:
            raise RunError(f"{self.latent_dim} factors leave no variance for noise; lower --model.latent_dim.")
        with torch.no_grad():
            self.offset.copy_(offset)
            self.loadings.copy_(loadings)
            self.noise.copy_(noise)

    def embed(self, x: Tensor) -> Tensor:
        """The posterior mean, ``(batch, *shape) -> (batch, dim)``."""
        return posterior_mean(self.linear, x.flatten(1).double()).to(x.dtype)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of p(z|x), which has independent coordinates, each float64 ``(batch, dim)``."""
        mean = posterior_mean(self.linear, x.flatten(1).double())
        return mean, -self.linear.information.diagonal().log().expand_as(mean)
