import math

import pytest
import torch
from scipy import stats
from torch import distributions

from embedbench.functional.gaussian import (
    kl_each,
    kl_standard_normal,
    kl_to_each,
    log_normal,
    log_normal_mixture,
    log_standard_normal,
    reparameterise,
)


def test_log_normal_equals_scipy():
    generator = torch.Generator().manual_seed(0)
    x, mean = torch.randn(5, 3, 2, generator=generator).double(), torch.randn(5, 3, 2, generator=generator).double()
    log_sigma = torch.tensor(0.3, dtype=torch.float64)
    wanted = stats.norm(mean.numpy(), math.exp(0.3)).logpdf(x.numpy()).reshape(5, -1).sum(1)
    assert log_normal(x, mean, log_sigma).numpy() == pytest.approx(wanted, abs=1e-10)


def test_kl_equals_monte_carlo_within_three_standard_errors():
    torch.manual_seed(0)
    mean, log_var = torch.tensor([[0.5, -1.0, 0.1]]).double(), torch.tensor([[0.2, -0.7, -2.0]]).double()
    z = reparameterise(mean, log_var, torch.randn(200_000, 3).double())
    log_q = log_normal(z, mean, 0.5 * log_var)
    log_p = log_normal(z, torch.zeros_like(mean), torch.zeros_like(mean))
    draws = log_q - log_p
    error = draws.std() / len(draws) ** 0.5
    assert abs(float(draws.mean() - kl_standard_normal(mean, log_var)[0])) < 3 * float(error)


def test_kl_of_the_prior_is_zero():
    assert kl_standard_normal(torch.zeros(2, 4), torch.zeros(2, 4)).tolist() == [0, 0]


def test_kl_is_the_sum_of_its_coordinates():
    mean, log_var = torch.randn(4, 3), torch.randn(4, 3)
    assert torch.equal(kl_each(mean, log_var).sum(1), kl_standard_normal(mean, log_var))


def test_draws_in_front_change_nothing():
    x, mean = torch.randn(5, 3, 2).double(), torch.randn(4, 5, 3, 2).double()
    each = torch.stack([log_normal(x, one, torch.tensor(0.2)) for one in mean])
    torch.testing.assert_close(log_normal(x, mean, torch.tensor(0.2)), each, atol=1e-12, rtol=0)


def test_mixture_equals_torchs():
    torch.manual_seed(0)
    mean, log_var, z = torch.randn(6, 3).double(), torch.randn(6, 3).double(), torch.randn(2, 5, 3).double()
    parts = distributions.Independent(distributions.Normal(mean, (0.5 * log_var).exp()), 1)
    law = distributions.MixtureSameFamily(distributions.Categorical(torch.ones(6).double()), parts)
    torch.testing.assert_close(log_normal_mixture(z, mean, log_var), law.log_prob(z), atol=1e-10, rtol=0)
    alone = log_normal_mixture(z, torch.zeros(1, 3).double(), torch.zeros(1, 3).double())
    torch.testing.assert_close(alone, log_standard_normal(z), atol=1e-12, rtol=0)


def test_gradients_through_the_draw_match_finite_differences():
    torch.manual_seed(3)
    mean, log_var = torch.randn(2, 3).double().requires_grad_(), torch.randn(2, 3).double().requires_grad_()
    noise = torch.randn(4, 2, 3).double()
    assert torch.autograd.gradcheck(lambda m, v: reparameterise(m, v, noise).square(), (mean, log_var))


def test_kl_to_each_is_that_of_torch():
    from torch.distributions import Normal, kl_divergence

    mean, log_var = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    means, log_vars = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    peer = kl_divergence(Normal(mean[:, None], (log_var[:, None] / 2).exp()), Normal(means, (log_vars / 2).exp()))
    torch.testing.assert_close(kl_to_each(mean, log_var, means, log_vars), peer.sum(2))
    assert float(kl_to_each(mean, log_var, mean, log_var).diagonal().abs().max()) < 1e-12
