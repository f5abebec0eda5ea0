"""Factor analysis."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from embedbench.arguments.hints import PositiveFloat, PositiveInt
from embedbench.errors import RunError
from embedbench.functional.linear_gaussian import fit_factors, noise_floor
from embedbench.functional.moments import varying
from embedbench.functional.second_moments import Covariance
from embedbench.paradigms.classical.factor_model import FactorModel
from embedbench.types import DataSpec


class FactorAnalysis(FactorModel):
    """Factor analysis: a noise variance for each feature (Spearman, 1904; EM by Rubin & Thayer, 1982).

    The embedding is E[z|x], rotated so that its coordinates are independent given x. Features that are constant over
    the train rows, or whose spread there is under a thousandth of the median feature's, have no factors and the median
    spread as noise, so that the density is of all features and no such row decides it; the noise of each other feature
    is at least a millionth of its variance and of the median one.

    Args:
        spec: Of the data.
        latent_dim: Number of factors; the data's default if not given.
        tolerance: EM ends when 100 steps raise the mean log-likelihood by less, in nats per row; above 0.
        max_steps: Most steps of EM, 1 or more.

    Raises:
        UsageError: If ``tolerance`` or ``max_steps`` is out of its range.
    """

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        tolerance: PositiveFloat = 1e-4,
        max_steps: PositiveInt = 20_000,
    ) -> None:
        super().__init__(spec, latent_dim)
        self.tolerance, self.max_steps = tolerance, max_steps

    def least_noise(self, variances: Tensor) -> Tensor:
        """A millionth of each variance, or of the median one where that is more; of those that hardly vary 0."""
        kept = varying(variances)
        found = torch.zeros_like(variances)
        found[kept] = noise_floor(variances[kept])
        return found

    def fit_covariance(self, cov: Covariance) -> tuple[Tensor, Tensor]:
        """EM from probabilistic PCA."""
        count = int(varying(cov.variances).sum())
        dim = min(self.latent_dim, count - 1) if self.may_shrink else self.latent_dim
        if not 0 < dim < count:
            raise RunError(
                f"{self.latent_dim} factors need more than {count} features that vary; lower --model.latent_dim."
            )
        loadings, noise, steps = fit_factors(cov, dim, self.tolerance, self.max_steps)
        if steps == self.max_steps:
            raise RunError(f"EM had not converged after {steps} steps; raise --model.max_steps or --model.tolerance.")
        if still := cov.variances.numel() - count:
            self.notes.append(
                f"{still} constant or nearly constant features have no factors, and the median spread as noise"
            )
        if dim < self.latent_dim:
            self.notes.append(f"{dim} of {self.latent_dim} factors, for {count} features vary: the others are 0")
        return pad(loadings, (0, 0, 0, self.latent_dim - dim)), noise
