"""The bound, its parts and its arguments."""

import itertools
import math

import pytest
import torch
from torch import nn

from embedbench.encoders.mlp import MLP
from embedbench.errors import UsageError
from embedbench.evaluation.metrics.generative import active_units
from embedbench.functional.gaussian import kl_standard_normal, log_standard_normal
from embedbench.paradigms.generative import generator
from embedbench.paradigms.generative.vae import VAE
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (6,), 50, "none", low=0.0, high=1.0)
ROWS = Batch(torch.rand(8, 6, generator=torch.Generator().manual_seed(0)), None, torch.arange(8))


def vae(seed=0, latent_dim=2, **arguments):
    torch.manual_seed(seed)
    return VAE(SPEC, latent_dim, lambda spec: MLP(spec, width=16, depth=1), **arguments)


def train(model, steps, lr=1e-2):
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimiser.zero_grad()
        sum(model.terms(ROWS).values()).backward()
        optimiser.step()
    return model.eval()


def nats(model, samples, seed=0):
    with torch.no_grad():
        return model.row_scores(ROWS.x, ROWS.index, samples, seed)


@pytest.mark.parametrize(
    "arguments", [{}, {"likelihood": "continuous_bernoulli"}, {"sigma": "per_dim"}, {"prior": "vamp"}]
)
def test_bounds_rise_with_the_number_of_samples(arguments):
    model = vae(**arguments).eval()
    with torch.no_grad():  # a gap that is wide against the error of the mean
        for weight in model.decoder.parameters():
            weight.mul_(5)
    bounds = []
    for samples in (1, 10, 100):  # of 600 draws a row in all: the bound is one in expectation
        drawn = [nats(model, samples, seed)["log_likelihood"] for seed in range(600 // samples)]
        bounds.append(float(torch.stack(drawn).mean()))
    assert bounds == sorted(bounds)
    whole = nats(model, 500)
    torch.testing.assert_close(whole["elbo"], whole["reconstruction"] - whole["kl"])
    assert float(whole["elbo"].mean()) < bounds[-1]


@pytest.mark.parametrize("arguments", [{}, {"likelihood": "bernoulli"}, {"prior": "vamp", "pseudo_inputs": 3}])
def test_many_samples_reach_the_integral_over_z(arguments):
    """With one latent dimension p(x) = ∫ p(x|z) p(z) dz is a sum over a fine grid."""
    model = train(vae(latent_dim=1, **arguments), 100)
    grid = torch.linspace(-12, 12, 20_001)[:, None, None].expand(-1, len(ROWS.x), 1)  # (points, batch, 1)
    with torch.no_grad():
        joint = model.log_conditional(ROWS.x, grid) + model.log_prior(grid)
    wanted = joint.double().logsumexp(0) + math.log(24 / 20_000)
    found = nats(model, 20_000)["log_likelihood"]
    torch.testing.assert_close(found, wanted, atol=0.05, rtol=0)


@pytest.mark.parametrize("samples", [1, 2, 7, 100])
def test_exactly_k_draws_a_row_and_no_row_alone(samples, monkeypatch):
    model, seen = vae(), []
    decode = model.decoder.forward
    monkeypatch.setattr(model.decoder, "forward", lambda z: seen.append(len(z)) or decode(z))
    monkeypatch.setattr(generator, "_HELD", 3 * ROWS.x.numel())
    found = nats(model, samples)
    assert sum(seen) == samples * len(ROWS.x)
    assert len(seen) == math.ceil(samples / 3)
    monkeypatch.setattr(generator, "_HELD", 2**20)
    for name, values in nats(model, samples).items():  # the chunks change nothing
        torch.testing.assert_close(values, found[name], atol=1e-6, rtol=1e-6)


def test_a_row_is_scored_alike_in_any_batch():
    model = train(vae(), 20)
    whole = nats(model, 20)
    with torch.no_grad():
        part = model.row_scores(ROWS.x[[6, 1]], torch.tensor([6, 1]), 20, 0)
    for name, values in part.items():
        torch.testing.assert_close(values, whole[name][[6, 1]], atol=1e-5, rtol=1e-5)
    assert float((nats(model, 20, seed=1)["elbo"] - whole["elbo"]).abs().max()) > 0


def test_analytic_kl_equals_the_drawn_one_within_three_standard_errors():
    model = train(vae(), 50)
    with torch.no_grad():
        mean, log_var = model.posterior(ROWS.x[:1])
        noise = torch.randn(100_000, 1, 2, generator=torch.Generator().manual_seed(0))
        z = mean + (0.5 * log_var).exp() * noise
        draws = log_standard_normal(noise) - 0.5 * log_var.sum() - model.log_prior(z)
    error = float(draws.std()) / len(draws) ** 0.5
    assert abs(float(draws.mean()) - float(kl_standard_normal(mean, log_var))) < 3 * error


class _Blind(MLP):
    """Its decoder gives learned means that don't depend on z."""

    def mirror(self, latent_dim):
        class Constant(nn.Module):
            def __init__(self):
                super().__init__()
                self.mean = nn.Parameter(torch.zeros(6))

            def forward(self, z):
                return self.mean.expand(len(z), 6)

        return Constant()


def test_a_decoder_that_ignores_z_leaves_no_information_in_it():
    torch.manual_seed(0)
    model = train(VAE(SPEC, 3, lambda spec: _Blind(spec, 16, 1)), 600)
    found = nats(model, 1)
    assert 0 <= float(found["kl"].mean()) < 1e-3
    assert active_units(model.embed(ROWS.x).detach().numpy()) == 0


@pytest.mark.parametrize(
    "arguments", [{}, {"importance_samples": 3}, {"prior": "vamp", "pseudo_inputs": 2}, {"free_bits": 0.3, "beta": 2.0}]
)
def test_gradients_through_z_match_finite_differences(arguments):
    model = vae(**arguments).double()
    rows = Batch(ROWS.x.double(), None, ROWS.index)

    def loss():
        torch.manual_seed(4)
        return sum(model.terms(rows).values())

    loss().backward()
    weight = model.to_posterior.weight
    for i, j in itertools.product((0, 3), (0, 7)):
        with torch.no_grad():
            weight[i, j] += 1e-6
            above = float(loss())
            weight[i, j] -= 2e-6
            below = float(loss())
            weight[i, j] += 1e-6
        assert (above - below) / 2e-6 == pytest.approx(float(weight.grad[i, j]), rel=1e-5, abs=1e-7)


def test_importance_weighted_loss_is_the_bound():
    model = vae(importance_samples=5)
    torch.manual_seed(2)
    loss = float(model.terms(ROWS)["importance_bound"].detach())
    torch.manual_seed(2)
    with torch.no_grad():
        mean, log_var = model.posterior(ROWS.x)
        total = torch.zeros(8)
        for noise in torch.randn(5, 8, 2):
            z = mean + (0.5 * log_var).exp() * noise
            log_q = torch.distributions.Normal(mean, (0.5 * log_var).exp()).log_prob(z).sum(1)
            log_p = model.log_conditional(ROWS.x, z[None])[0] + model.log_prior(z)
            total += (log_p - log_q).exp()
    assert loss == pytest.approx(-float((total / 5).log().mean()), rel=1e-5)


def test_beta_free_bits_and_annealing_weigh_the_kl():
    def kl(model):
        torch.manual_seed(1)
        return float(model.terms(ROWS)["kl"].detach())

    plain = kl(vae())
    assert kl(vae(beta=4.0)) == pytest.approx(4 * plain, rel=1e-6)
    assert kl(vae(free_bits=10.0)) == pytest.approx(20, rel=1e-6)
    annealed = vae(anneal_steps=10)
    assert kl(annealed) == 0  # the first of ten steps
    assert kl(annealed.eval()) == pytest.approx(plain, rel=1e-6)  # checkpoints are chosen by the whole bound


def test_vamp_prior_is_the_mixture_of_posteriors_of_its_pseudo_inputs():
    model = vae(prior="vamp", pseudo_inputs=4)
    with torch.no_grad():
        mean, log_var = model.posterior(model.pseudo.sigmoid())
        z = torch.randn(3, 2)
        each = torch.distributions.Normal(mean, (0.5 * log_var).exp()).log_prob(z[:, None]).sum(2)
        torch.testing.assert_close(model.log_prior(z), each.logsumexp(1) - math.log(4), atol=1e-5, rtol=1e-5)
        drawn = model.sample_prior(50_000, torch.Generator().manual_seed(0))
    assert drawn.mean(0).tolist() == pytest.approx(mean.mean(0).tolist(), abs=0.02)
    wanted = log_var.exp().mean(0) + mean.var(0, correction=0)
    assert drawn.var(0).tolist() == pytest.approx(wanted.tolist(), rel=0.05)


def test_remarks_say_what_the_number_is():
    assert vae().remarks(7) == ["log_likelihood is the importance-weighted bound of K = 7 samples"]


@pytest.mark.parametrize(
    ("likelihood", "whole", "scale"),
    [
        ("gaussian", False, "density over 6 features"),
        ("continuous_bernoulli", False, "density over 6 features"),
        ("bernoulli", True, "probability over 6 features"),
        ("bernoulli", False, "cross-entropy over 6 features"),
        ("poisson", True, "probability over 6 features"),
    ],
)
def test_nats_say_what_they_are_measured_on(likelihood, whole, scale):
    spec = SPEC._replace(whole=whole)
    assert VAE(spec, 2, lambda given: MLP(given, width=4, depth=1), likelihood=likelihood).scale == scale


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"importance_samples": 0}, "`importance_samples` must be a whole number of at least 1, got 0"),
        ({"beta": -1.0}, "`beta` must be a number of at least 0, got -1"),
        ({"free_bits": -0.1}, "`free_bits` must be a number of at least 0"),
        ({"anneal_steps": -1}, "`anneal_steps` must be a whole number of at least 0"),
        ({"prior": "vamp", "pseudo_inputs": 0}, "`pseudo_inputs` must be a whole number of at least 1"),
        ({"importance_samples": 2, "beta": 2.0}, "`importance_samples` 2 gives one bound without a KL of its own"),
        ({"prior": "vamp", "free_bits": 0.1}, "the vamp prior doesn't have"),
        ({"sigma": 0.0}, "`sigma` must be a number above 0 or one of"),
    ],
)
def test_arguments_that_make_no_bound_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        vae(**arguments)
