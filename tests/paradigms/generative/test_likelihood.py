"""Forms of p(x|z) and the data that each takes."""

import math

import pytest
import torch
from torch import distributions

from embedbench.errors import UsageError
from embedbench.paradigms.generative.likelihood import make_likelihood
from embedbench.types import DataSpec


def spec(low=0.0, high=1.0, *, whole=False):
    return DataSpec("tabular", (4,), 50, "none", low=low, high=high, whole=whole)


@pytest.mark.parametrize(("sigma", "wanted"), [(0.5, 0.5), ("learned", 1.0), (2, 2.0)])
def test_gaussian_starts_at_its_sigma(sigma, wanted):
    likelihood = make_likelihood("gaussian", sigma, spec())
    x, mean = torch.randn(3, 4), torch.randn(3, 4)
    law = distributions.Normal(mean, wanted).log_prob(x).sum(1)
    torch.testing.assert_close(likelihood.log_prob(x, mean), law, atol=1e-4, rtol=1e-5)
    assert len(list(likelihood.parameters())) == (sigma == "learned")
    assert likelihood.kind == "density"


def test_sigma_per_dimension_is_learned_and_bounded():
    likelihood = make_likelihood("gaussian", "per_dim", spec())
    assert likelihood.log_sigma.shape == (4,)
    with torch.no_grad():
        likelihood.scaled_log_sigma.copy_(torch.tensor([-9.0, 0, 0.1, -0.1]))
    assert float(likelihood.log_sigma[0].detach()) == pytest.approx(-6, abs=1e-3)
    assert likelihood.log_sigma[1:].tolist() == pytest.approx([0, 1, -1], abs=0.01)


def test_sigma_of_a_feature_that_hardly_varies_is_the_median_spread_and_stays():
    likelihood = make_likelihood("gaussian", "per_dim", spec())
    rows = torch.randn(500, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([0, 0, 2.0, 3.0])
    rows[7, 0] = 1 / 255
    likelihood.prepare(rows)
    spread = float(rows[:, 2].std(correction=0))  # torch's median is the lower of two
    assert likelihood.log_sigma[:2].exp().tolist() == pytest.approx([spread, spread], rel=1e-5)
    assert likelihood.log_sigma[2:].tolist() == pytest.approx([0, 0], abs=0.01)  # where learning starts
    (-likelihood.log_prob(rows, torch.zeros(4)).mean()).backward()
    gradient = likelihood.scaled_log_sigma.grad
    assert gradient is not None
    assert gradient[:2].tolist() == [0, 0]
    assert bool((gradient[2:] != 0).all())


@pytest.mark.parametrize("sigma", ["learned", 0.5, "per_dim"])
def test_sigmas_that_can_be_learned_are_left_alone(sigma):
    likelihood = make_likelihood("gaussian", sigma, spec())
    before = likelihood.log_sigma.tolist()
    likelihood.prepare(torch.randn(50, 4))
    assert likelihood.log_sigma.tolist() == before


@pytest.mark.parametrize("name", ["bernoulli", "poisson", "categorical"])
def test_a_mass_is_one_over_its_support(name):
    """Two features of z = a fixed logit: the probabilities of all values sum to one."""
    likelihood = make_likelihood(name, "learned", spec(0, 1, whole=True))
    decoded = torch.tensor([[0.3, -0.8]])
    top = {"bernoulli": 2, "poisson": 40, "categorical": 4}[name]
    grid = torch.cartesian_prod(torch.arange(top), torch.arange(top)).float()
    if name == "categorical":
        grid = grid[grid.sum(1) == 3]  # given the sum
    total = likelihood.log_prob(grid, decoded.expand(len(grid), 2)).exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-5)
    assert likelihood.kind == "probability"


@pytest.mark.parametrize("logit", [-8.0, -0.8, 0.0, 1e-3, 3.0])
def test_the_continuous_bernoulli_is_a_density_and_the_bernoulli_of_grey_values_is_none(logit):
    """By the trapezoidal rule on [0, 1]; the cross-entropy integrates to (2p − 1) / logit p, 1/2 at p = 1/2."""
    grid = torch.linspace(0, 1, 20_001)[:, None].double()
    decoded = torch.full_like(grid, logit)
    one = DataSpec("tabular", (1,), 50, "none", low=0, high=1)
    density = make_likelihood("continuous_bernoulli", "learned", one)
    p = density.log_prob(grid, decoded).exp()
    assert float(torch.trapezoid(p, grid[:, 0])) == pytest.approx(1, abs=1e-4)
    mean = float(torch.trapezoid(p * grid[:, 0], grid[:, 0]))
    assert float(density.mean(decoded)[0, 0]) == pytest.approx(mean, abs=1e-4)
    grey = make_likelihood("bernoulli", "learned", one)
    area = float(torch.trapezoid(grey.log_prob(grid, decoded).exp(), grid[:, 0]))
    assert area == pytest.approx(math.tanh(logit / 2) / logit if logit else 0.5, abs=1e-4)
    assert (density.kind, grey.kind) == ("density", "cross-entropy")


def test_means():
    decoded = torch.tensor([[0.0, math.log(3)]])
    assert make_likelihood("bernoulli", "learned", spec()).mean(decoded)[0].tolist() == pytest.approx([0.5, 0.75])
    counts = spec(0, 9, whole=True)
    assert make_likelihood("poisson", "learned", counts).mean(decoded)[0].tolist() == pytest.approx([1, 3])
    assert make_likelihood("categorical", "learned", counts).mean(decoded)[0].tolist() == pytest.approx([0.25, 0.75])
    assert torch.equal(make_likelihood("gaussian", 1.0, spec()).mean(decoded), decoded)


@pytest.mark.parametrize(
    ("name", "sigma", "data", "message"),
    [
        ("bernoulli", "learned", spec(-0.5, 1), r"needs data in \[0, 1\], but the data are in \[-0.5, 1\]"),
        ("bernoulli", "learned", spec(0, 16), r"needs data in \[0, 1\], but the data are in \[0, 16\]"),
        ("continuous_bernoulli", "learned", spec(0, 16), r"the continuous_bernoulli likelihood needs data in \[0, 1\]"),
        ("bernoulli", "learned", DataSpec("tabular", (4,), 50, "none"), r"in \[-inf, inf\]"),
        ("poisson", "learned", spec(0, 1), "needs counts from 0 on, .* not all whole numbers"),
        ("categorical", "learned", spec(-1, 5, whole=True), r"needs counts from 0 on, but the data are in \[-1, 5\]"),
        ("gaussian", 0.0, spec(), "`sigma` must be a number above 0 or one of learned, per_dim, got 0"),
        ("gaussian", -1.0, spec(), "`sigma` must be a number above 0 or one of learned, per_dim, got -1"),
        ("bernoulli", 0.5, spec(), "`sigma` belongs to the gaussian likelihood, not to bernoulli"),
    ],
)
def test_what_does_not_fit_is_refused(name, sigma, data, message):
    with pytest.raises(UsageError, match=message):
        make_likelihood(name, sigma, data)
