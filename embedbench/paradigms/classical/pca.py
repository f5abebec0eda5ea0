"""Principal component analysis."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import PositiveInt
from embedbench.errors import UsageError
from embedbench.functional.second_moments import Covariance
from embedbench.paradigms.classical.covariance_model import CovarianceModel
from embedbench.types import DataSpec


class PCA(CovarianceModel):
    """Principal component analysis from the exact covariance (Pearson, 1901; Hotelling, 1933).

    Where there are fewer rows than features they are put together instead and decomposed, which is the smaller side.

    Args:
        spec: Of the data.
        latent_dim: Number of components, at most the number of features; the data's default if not given.

    Raises:
        UsageError: If ``latent_dim`` is above the number of features or rows, or as `CovarianceModel` does.
    """

    kind = "classical"
    fitting = "one_pass"
    explained_variance_ratio: Tensor

    def __init__(self, spec: DataSpec, latent_dim: PositiveInt | None = None) -> None:
        dim, features = spec.latent_dim if latent_dim is None else latent_dim, spec.features
        most = min(features, spec.n_rows)
        if dim > most:
            raise UsageError(
                f"`latent_dim` of pca must be in [1, {most}] for {spec.n_rows} rows of {features} features, got {dim}; "
                "lower it by --model.latent_dim."
            )
        super().__init__(spec, latent_dim)
        self.mean = nn.Parameter(torch.zeros(features))
        self.components = nn.Parameter(torch.zeros(dim, features))
        self.register_buffer("explained_variance_ratio", torch.zeros(dim))

    def fit_moments(self, mean: Tensor, cov: Covariance) -> None:
        """Takes the leading eigenvectors of the covariance."""
        axes, variance = cov.axes()
        with torch.no_grad():
            self.mean.copy_(mean)
            self.components.copy_(axes[: self.latent_dim])
            self.explained_variance_ratio.copy_(variance[: self.latent_dim] / variance.sum())

    def embed(self, x: Tensor) -> Tensor:
        """Coordinates on the components, ``(batch, *shape) -> (batch, dim)``."""
        return (x.flatten(1) - self.mean) @ self.components.T
