import math

import pytest
import torch
from scipy import stats

from embedbench.functional.gaussian import kl_standard_normal, log_normal, reparameterise


def test_log_normal_equals_scipy():
    generator = torch.Generator().manual_seed(0)
    x, mean = torch.randn(5, 3, 2, generator=generator).double(), torch.randn(5, 3, 2, generator=generator).double()
    log_sigma = torch.tensor(0.3, dtype=torch.float64)
    wanted = stats.norm(mean.numpy(), math.exp(0.3)).logpdf(x.numpy()).reshape(5, -1).sum(1)
    assert log_normal(x, mean, log_sigma).numpy() == pytest.approx(wanted, abs=1e-10)


def test_kl_equals_monte_carlo_within_three_standard_errors():
    torch.manual_seed(0)
    mean, log_var = torch.tensor([[0.5, -1.0, 0.1]]).double(), torch.tensor([[0.2, -0.7, -2.0]]).double()
    z = reparameterise(mean.expand(200_000, 3), log_var.expand(200_000, 3))
    log_q = log_normal(z, mean, 0.5 * log_var)
    log_p = log_normal(z, torch.zeros_like(mean), torch.zeros_like(mean))
    draws = log_q - log_p
    error = draws.std() / len(draws) ** 0.5
    assert abs(float(draws.mean() - kl_standard_normal(mean, log_var)[0])) < 3 * float(error)


def test_kl_of_the_prior_is_zero():
    assert kl_standard_normal(torch.zeros(2, 4), torch.zeros(2, 4)).tolist() == [0, 0]


def test_gradients_through_the_draw_match_finite_differences():
    mean, log_var = torch.randn(2, 3).double().requires_grad_(), torch.randn(2, 3).double().requires_grad_()

    def drawn(m, v):
        torch.manual_seed(3)
        return reparameterise(m, v).square()

    assert torch.autograd.gradcheck(drawn, (mean, log_var))
