"""A VAE with a mixture as its prior: its bound, its prior, and its phases."""

import math

import pytest
import torch
from lightning.pytorch import seed_everything
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from embedbench.functional.noise import row_noise
from embedbench.paradigms.clustering.vade import VaDE
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (4,), 90, "classes", ("a", "b", "c"))
ROWS = Batch(torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), None, torch.arange(5))


@pytest.fixture
def clustered():
    """A model in its second phase with a mixture of its own."""
    torch.manual_seed(0)
    model = VaDE(SPEC, latent_dim=2)
    with torch.no_grad():
        model.prior["logits"].copy_(torch.tensor([0.1, 0.5, -0.3]))
        model.prior["means"].copy_(torch.tensor([[0.0, 0], [1, 0], [0, 1]]))
        model.prior["log_vars"].copy_(torch.randn(3, 2) / 2)
    model.second_phase = True
    return model.eval()


def components(model):
    return Independent(Normal(model.prior["means"], (model.prior["log_vars"] / 2).exp()), 1)


def test_prior_is_the_mixture(clustered):
    z = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(2))
    peer = MixtureSameFamily(Categorical(logits=clustered.prior["logits"]), components(clustered))
    torch.testing.assert_close(clustered.log_prior(z), peer.log_prob(z))
    weights = Categorical(logits=clustered.prior["logits"]).probs
    shares = weights * components(clustered).log_prob(z[0][:, None]).exp()
    torch.testing.assert_close(clustered.assign(z[0]), shares / shares.sum(1, keepdim=True))


def test_bound_is_that_of_the_source(clustered):
    """Reconstruction and the two divergences at the draw of each row, against torch's distributions."""
    found = clustered.terms(ROWS)
    mean, log_var = clustered.posterior(ROWS.x)
    z = mean + (log_var / 2).exp() * row_noise(ROWS.index, range(1), 2, 0)[0].float()
    shares = clustered.assign(z)
    inference = Normal(mean[:, None], (log_var / 2).exp()[:, None])
    prior = Normal(clustered.prior["means"], (clustered.prior["log_vars"] / 2).exp())
    latent = (shares * kl_divergence(inference, prior).sum(2)).sum(1).mean()
    cluster = kl_divergence(Categorical(probs=shares), Categorical(logits=clustered.prior["logits"])).mean()
    torch.testing.assert_close(found["kl_latent"], latent)
    torch.testing.assert_close(found["kl_cluster"], cluster)
    torch.testing.assert_close(found["reconstruction"], -clustered.log_conditional(ROWS.x, z[None]).mean())


def test_log_likelihood_is_above_the_bound(clustered):
    with torch.no_grad():
        few, many = (clustered.row_scores(ROWS.x, ROWS.index, k, 0) for k in (1, 2000))
    assert float(many["log_likelihood"].mean()) > float(few["elbo"].mean())
    torch.testing.assert_close(many["elbo"], many["reconstruction"] - many["kl"])


def test_draws_follow_the_prior(clustered):
    z = clustered.sample_prior(40_000, torch.Generator().manual_seed(0)).detach()
    weights = clustered.prior["logits"].softmax(0)
    torch.testing.assert_close(
        z.mean(0), (weights[:, None] * clustered.prior["means"]).sum(0).detach(), atol=0.02, rtol=0
    )


@pytest.mark.parametrize("second", [False, True])
def test_every_parameter_has_a_gradient(second, clustered):
    clustered.second_phase = second
    torch.stack(list(clustered.train().terms(ROWS).values())).sum().backward()
    gradients = [parameter.grad for parameter in clustered.parameters()]
    assert all(gradient is not None and bool(gradient.isfinite().all()) for gradient in gradients)


def test_far_rows_keep_finite_gradients(clustered):
    """Their responsibilities are exactly 0 in float32."""
    with torch.no_grad():
        clustered.prior["means"][0] = 1e3
    torch.stack(list(clustered.train().terms(ROWS).values())).sum().backward()
    assert all(bool(parameter.grad.isfinite().all()) for parameter in clustered.parameters())


def test_clusters_score_rows(tmp_path):
    words = ["--model", "vade", "--data", "digits", "--data.train_rows", "300", "--trainer.max_steps", "8"]
    parts = resolve(build_request([*words, "--threads", "1"]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    x = parts.data.tensors("test")[0]
    with torch.no_grad():
        scores = model.eval().row_scores(x, torch.arange(len(x)), 20, 0)
    assert math.isfinite(float(scores["log_likelihood"].mean()))
