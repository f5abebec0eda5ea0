"""Exact densities against scipy, maximum likelihood against scikit-learn and against itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from embedbench.functional import linear_gaussian as module
from embedbench.functional.gaussian import log_normal
from embedbench.functional.linear_gaussian import (
    Linear,
    expected_log_conditional,
    fit_factors,
    fit_ppca,
    log_likelihood,
    posterior_mean,
)
from embedbench.functional.second_moments import CovarianceMatrix


def model(seed=0, dim=2, features=5):
    generator = torch.Generator().manual_seed(seed)
    loadings = torch.randn(dim, features, generator=generator).double()
    noise = torch.rand(features, generator=generator).double() + 0.1
    return Linear(loadings, torch.randn(features, generator=generator).double(), noise)


def rows(features=5):
    return torch.randn(7, features, generator=torch.Generator().manual_seed(9)).double()


def whole_covariance(parameters):
    return parameters.loadings.T @ parameters.loadings + torch.diag(parameters.noise)


def test_log_likelihood_equals_scipy():
    parameters, x = model(), rows()
    law = multivariate_normal(parameters.offset.numpy(), whole_covariance(parameters).numpy())
    assert log_likelihood(parameters, x).numpy() == pytest.approx(law.logpdf(x.numpy()), abs=1e-9)


def test_posterior_mean_is_the_conditional_mean_of_the_joint_gaussian():
    parameters, x = model(), rows()
    cross = parameters.loadings  # covariance of z and x
    wanted = (x - parameters.offset) @ torch.linalg.inv(whole_covariance(parameters)) @ cross.T
    torch.testing.assert_close(posterior_mean(parameters, x), wanted, atol=1e-10, rtol=0)


def test_expectation_equals_monte_carlo_within_three_standard_errors():
    parameters, x = model(), rows()[:1]
    mean, variance = torch.tensor([[0.4, -1.0]]).double(), torch.tensor([[0.3, 0.05]]).double()
    noise = torch.randn(100_000, 1, 2, generator=torch.Generator().manual_seed(0)).double()
    z = mean + variance.sqrt() * noise
    draws = log_normal(x, z @ parameters.loadings + parameters.offset, 0.5 * parameters.noise.log())
    error = float(draws.std()) / len(draws) ** 0.5
    exact = float(expected_log_conditional(parameters, x, mean, variance))
    assert abs(float(draws.mean()) - exact) < 3 * error


def test_ppca_is_a_maximum():
    """No small change of loadings or noise gives more likelihood."""
    x = rows(6) @ torch.diag(torch.tensor([3.0, 2, 1, 1, 1, 0.5])).double()
    x = x - x.mean(0)
    cov = x.T @ x / len(x)
    loadings, noise = fit_ppca(CovarianceMatrix(cov), 2)
    best = log_likelihood(Linear(loadings, torch.zeros(6).double(), noise), x).mean()
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        moved = loadings + 0.01 * torch.randn(2, 6, generator=generator).double()
        for scale in (0.98, 1.0, 1.02):
            other = Linear(moved, torch.zeros(6).double(), noise * scale)
            assert float(log_likelihood(other, x).mean()) < float(best)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_step_of_em_never_lowers_the_likelihood(seed):
    truth = model(seed, 2, 8)
    cov = CovarianceMatrix(whole_covariance(truth))
    loadings, noise = torch.randn(2, 8, generator=torch.Generator().manual_seed(seed)).double(), torch.ones(8).double()
    last = -np.inf
    for _ in range(10):
        loadings, noise = module._em_step(cov, loadings, noise, 1e-6 * cov.variances)
        now = module._mean_log_likelihood(cov, loadings, noise)
        assert now >= last - 1e-9
        last = now


def test_factors_are_found_again():
    """The covariance of a factor model has that model as its maximum, up to a rotation."""
    truth = model(4, 2, 8)
    cov = whole_covariance(truth)
    loadings, noise, steps = fit_factors(CovarianceMatrix(cov), 2, 1e-10, 100_000)
    assert steps < 100_000
    torch.testing.assert_close(loadings.T @ loadings, truth.loadings.T @ truth.loadings, atol=1e-3, rtol=0)
    torch.testing.assert_close(noise, truth.noise, atol=1e-3, rtol=0)
    information = (loadings / noise) @ loadings.T
    torch.testing.assert_close(information, torch.diag(information.diagonal()), atol=1e-8, rtol=0)


def test_a_feature_that_hardly_varies_has_the_median_spread_and_no_factor():
    cov = whole_covariance(model(1, 3, 7))
    wide = torch.zeros(9, 9).double()
    wide[1:8, 1:8] = cov
    wide[8, 8] = 1e-7 * float(cov.diagonal().median())
    loadings, noise, _ = fit_factors(CovarianceMatrix(wide), 2, 1e-8, 50_000)
    other, other_noise, _ = fit_factors(CovarianceMatrix(cov), 2, 1e-8, 50_000)
    torch.testing.assert_close(loadings, torch.nn.functional.pad(other, (1, 1)), atol=1e-9, rtol=0)
    median = cov.diagonal().median()
    torch.testing.assert_close(noise, torch.stack([median, *other_noise, median]), atol=1e-9, rtol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), near=st.floats(-14, -3), row=st.floats(-3, 3))
def test_no_row_is_under_the_density_of_the_floor(seed, near, row):
    """A row costs at most what its distance from the mean costs at the least noise, in any order of the features."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(60, 6, generator=generator).double()
    x[:, 2] = 0
    x[7, 2] = 10.0**near
    cov = CovarianceMatrix(torch.cov(x.T, correction=0))
    loadings, noise, _ = fit_factors(cov, 2, 1e-3, 2000)
    floor = float(module.noise_floor(cov.variances[module.varying(cov.variances)]).min())
    assert float(noise.min()) >= floor * (1 - 1e-9)
    far = x.mean(0).clone()
    far[2] += row
    found = log_likelihood(Linear(loadings, x.mean(0), noise), torch.stack([far, x.mean(0)]))
    assert float(found[1] - found[0]) <= 0.5 * row**2 / floor * (1 + 1e-6) + 1e-9
    order = torch.randperm(6, generator=generator)
    turned = fit_factors(CovarianceMatrix(cov.matrix[order][:, order]), 2, 1e-3, 2000)
    again = log_likelihood(Linear(turned[0], x.mean(0)[order], turned[1]), torch.stack([far, x.mean(0)])[:, order])
    torch.testing.assert_close(again, found, rtol=1e-6, atol=1e-6)


def test_units_of_a_feature_do_not_matter():
    cov = whole_covariance(model(1, 3, 7))
    scale = torch.tensor([1, 10, 0.1, 5, 1, 100, 2.0]).double()
    loadings, noise, steps = fit_factors(CovarianceMatrix(cov), 2, 1e-8, 50_000)
    other, other_noise, other_steps = fit_factors(CovarianceMatrix(cov * torch.outer(scale, scale)), 2, 1e-8, 50_000)
    assert steps == other_steps < 50_000
    torch.testing.assert_close(other_noise, noise * scale.square(), rtol=1e-6, atol=0)
    torch.testing.assert_close((other.T @ other) / torch.outer(scale, scale), loadings.T @ loadings, rtol=0, atol=1e-6)
