"""How a decoder's output becomes p(x|z)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, distributions, nn
from torch.nn.functional import softplus

from embedbench.arguments.checked import checked
from embedbench.arguments.hints import PositiveFloat
from embedbench.errors import UsageError
from embedbench.functional.gaussian import log_normal
from embedbench.functional.moments import varying
from embedbench.paradigms.generative.counts import log_bernoulli, log_multinomial, log_poisson, row_sum
from embedbench.types import DataSpec

LikelihoodName = Literal["gaussian", "bernoulli", "continuous_bernoulli", "poisson", "categorical"]
Kind = Literal["density", "probability", "cross-entropy"]
Sigma = PositiveFloat | Literal["learned", "per_dim"]

# Adam moves any parameter by about the learning rate a step, and log σ has further to go than a weight: at the weights'
# pace, σ stays so large through a short budget that most latent dimensions collapse onto the prior.
PACE = 10
_FLOOR = -6.0  # of log σ per dimension: a constant pixel would drive it to minus infinity


class Likelihood(nn.Module, ABC):
    """p(x|z), given what the decoder makes of z.

    Attributes:
        kind: Whether it is a density of real numbers, a probability of whole ones, or neither.
    """

    kind: Kind

    def prepare(self, rows: Tensor) -> None:
        """Looks at the train rows ``(rows, *shape)`` before the fit; most likelihoods learn nothing from them alone."""

    @abstractmethod
    def check(self, low: float, high: float, whole: bool) -> None:
        """Refuses rows that it gives no probability to.

        Args:
            low: Smallest value of the rows.
            high: Largest value of the rows.
            whole: Whether all values are whole numbers.

        Raises:
            UsageError: If there are values outside its support.
        """

    @abstractmethod
    def log_prob(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Log p(x|z) in nats, ``(batch, *shape)`` and ``(..., batch, *shape) -> (..., batch)``."""

    @abstractmethod
    def mean(self, decoded: Tensor) -> Tensor:
        """E[x|z], of the shape of ``decoded``."""


class Gaussian(Likelihood):
    """N(decoded, σ²), σ fixed, learned, or learned for each feature (Rybkin et al., 2021).

    A σ per feature stays above exp(−6), smoothly, in the unit of the data, which are standardised or in [0, 1]. That of
    a feature that is constant over the train rows, or whose spread there is under a thousandth of the median one's, is
    not learned but the median spread: what it would come to says nothing of how far another row may lie.
    """

    kind: Kind = "density"

    def __init__(self, sigma: Sigma, shape: tuple[int, ...]) -> None:
        super().__init__()
        if isinstance(sigma, str):
            self.scaled_log_sigma = nn.Parameter(torch.zeros(shape if sigma == "per_dim" else ()))
        else:
            self.register_buffer("scaled_log_sigma", torch.tensor(sigma).log() / PACE)

    def check(self, low: float, high: float, whole: bool) -> None:
        """Every number has a density."""

    @property
    def log_sigma(self) -> Tensor:
        """Logarithm of σ, a scalar or ``shape``; 0 at the start if learned."""
        scaled: Tensor = self.scaled_log_sigma
        return PACE * scaled if scaled.dim() == 0 else _FLOOR + softplus(PACE * scaled - _FLOOR)

    def prepare(self, rows: Tensor) -> None:
        """Fixes the σ of features that hardly vary, if each has one of its own."""
        if self.scaled_log_sigma.dim() == 0:
            return
        variances = rows.double().var(0, correction=0)  # shape
        moving = varying(variances.flatten()).view_as(variances)
        if not moving.any() or moving.all():
            return
        median = (0.5 * variances[moving].median().log()).clamp(min=_FLOOR + 1)
        still = ~moving.to(self.scaled_log_sigma.device)
        with torch.no_grad():
            self.scaled_log_sigma[still] = float(_FLOOR + torch.expm1(median - _FLOOR).log()) / PACE
        self.scaled_log_sigma.register_hook(lambda slope: slope.masked_fill(still, 0))  # type: ignore[no-untyped-call]

    def log_prob(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Log-density."""
        return log_normal(x, decoded, self.log_sigma)

    def mean(self, decoded: Tensor) -> Tensor:
        """The decoder's output itself."""
        return decoded


class Bernoulli(Likelihood):
    """Each feature is 1 with probability sigmoid(decoded).

    Of values between 0 and 1 it is a cross-entropy: over them it integrates to less than 1, such as 1/2 at p = 1/2.

    Args:
        whole: Whether all values are 0 or 1.
    """

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.kind = "probability" if whole else "cross-entropy"

    def check(self, low: float, high: float, whole: bool) -> None:
        """Refuses values outside [0, 1]."""
        _check_unit("bernoulli", low, high)

    def log_prob(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Log-probability."""
        return log_bernoulli(x, decoded)

    def mean(self, decoded: Tensor) -> Tensor:
        """The probability of a 1."""
        return decoded.sigmoid()


class ContinuousBernoulli(Likelihood):
    """Each feature has the density C(p) pˣ (1 − p)¹⁻ˣ on [0, 1], p = sigmoid(decoded).

    C is what makes it integrate to 1: the Bernoulli's cross-entropy made a density (Loaiza-Ganem & Cunningham, 2019).
    """

    kind: Kind = "density"

    def check(self, low: float, high: float, whole: bool) -> None:
        """Refuses values outside [0, 1]."""
        _check_unit("continuous_bernoulli", low, high)

    def log_prob(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Log-density."""
        law = distributions.ContinuousBernoulli(logits=decoded, validate_args=False)
        return row_sum(law.log_prob(x.expand_as(decoded)), x)  # type: ignore[no-untyped-call]

    def mean(self, decoded: Tensor) -> Tensor:
        """The mean of that density, which is nearer to 1/2 than p."""
        return distributions.ContinuousBernoulli(logits=decoded, validate_args=False).mean


class Poisson(Likelihood):
    """Each feature is a count of rate exp(decoded)."""

    kind: Kind = "probability"

    def check(self, low: float, high: float, whole: bool) -> None:
        """Refuses what is no count."""
        _check_counts("poisson", low, high, whole)

    def log_prob(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Log-probability."""
        return log_poisson(x, decoded)

    def mean(self, decoded: Tensor) -> Tensor:
        """The rate."""
        return decoded.exp()


class Categorical(Likelihood):
    """Counts that share a known sum out over the features by softmax(decoded)."""

    kind: Kind = "probability"

    def check(self, low: float, high: float, whole: bool) -> None:
        """Refuses what is no count."""
        _check_counts("categorical", low, high, whole)

    def log_prob(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Log-probability of the counts, given their sum."""
        return log_multinomial(x, decoded)

    def mean(self, decoded: Tensor) -> Tensor:
        """Each feature's share; the shares of a row sum to one."""
        return decoded.flatten(1).softmax(1).view_as(decoded)


_PLAIN: dict[str, type[Likelihood]] = {
    "continuous_bernoulli": ContinuousBernoulli,
    "poisson": Poisson,
    "categorical": Categorical,
}


@checked
def make_likelihood(name: LikelihoodName, sigma: Sigma, spec: DataSpec) -> Likelihood:
    """The likelihood of this name for these data.

    Raises:
        UsageError: If the train rows are outside its support, or σ belongs to another one.
    """
    if name == "gaussian":
        return Gaussian(sigma, spec.shape)
    if sigma != "learned":
        raise UsageError(f"`sigma` belongs to the gaussian likelihood, not to {name}; leave it out.")
    binary = spec.whole and spec.low >= 0 and spec.high <= 1
    made = Bernoulli(binary) if name == "bernoulli" else _PLAIN[name]()
    made.check(spec.low, spec.high, spec.whole)
    return made


def scale_of(kind: Kind, spec: DataSpec) -> str:
    """What log-likelihoods of this kind are measured on, for these data."""
    return f"{kind} over {spec.features} features"


def _check_unit(name: str, low: float, high: float) -> None:
    if not (low >= 0 and high <= 1):
        raise UsageError(
            f"the {name} likelihood needs data in [0, 1], but the data are in [{low:g}, {high:g}]; use gaussian or "
            "rescale."
        )


def _check_counts(name: str, low: float, high: float, whole: bool) -> None:
    if not (low >= 0 and whole):
        kind = "whole" if whole else "not all whole numbers"
        raise UsageError(
            f"the {name} likelihood needs counts from 0 on, but the data are in [{low:g}, {high:g}], {kind}; use "
            "gaussian."
        )
