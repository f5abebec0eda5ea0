"""Log-probabilities against torch's distributions, with and without draws in front."""

import pytest
import torch
from torch import distributions

from embedbench.paradigms.generative.counts import log_bernoulli, log_multinomial, log_poisson


@pytest.fixture
def parameters():
    return torch.randn(3, 5, 2, 4, generator=torch.Generator().manual_seed(0)).double()


def counts(high):
    return torch.randint(0, high, (5, 2, 4), generator=torch.Generator().manual_seed(1)).double()


def test_bernoulli(parameters):
    x = counts(2)
    wanted = distributions.Bernoulli(logits=parameters).log_prob(x).flatten(2).sum(2)
    torch.testing.assert_close(log_bernoulli(x, parameters), wanted, atol=1e-10, rtol=0)
    torch.testing.assert_close(log_bernoulli(x, parameters[0]), wanted[0], atol=1e-10, rtol=0)


def test_poisson(parameters):
    x = counts(9)
    wanted = distributions.Poisson(parameters.exp()).log_prob(x).flatten(2).sum(2)
    torch.testing.assert_close(log_poisson(x, parameters), wanted, atol=1e-10, rtol=0)


def test_multinomial(parameters):
    x = counts(9)
    found = log_multinomial(x, parameters)
    for draw in range(3):
        for row in range(5):
            total = int(x[row].sum())
            law = distributions.Multinomial(total, logits=parameters[draw, row].flatten())
            assert float(found[draw, row]) == pytest.approx(float(law.log_prob(x[row].flatten())), abs=1e-9)
