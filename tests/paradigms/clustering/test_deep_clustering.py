"""What dec and vade share: two phases within one budget, where clusters start, and what the second phase gains."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, seed_everything
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from sklearn.mixture import GaussianMixture

from embedbench.errors import RunError, UsageError
from embedbench.paradigms.clustering.dec import DEC
from embedbench.paradigms.clustering.n2d import N2D
from embedbench.paradigms.clustering.vade import VaDE
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import DataSpec

SPEC = DataSpec("tabular", (4,), 90, "classes", ("a", "b", "c"))
FEW = ("--data.train_rows", "300", "--trainer.max_steps", "12")


class StopAt(Callback):
    """An early stop before a step."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_start(self, trainer, *_):
        trainer.should_stop = trainer.global_step == self.step


@pytest.fixture
def fitted(tmp_path):
    """Fits to digits; also the latents that the clusters started from."""

    def run(name, *words, seed=0, callbacks=()):
        parts = resolve(build_request(["--model", name, "--data", "digits", "--threads", "1", *words]))
        seed_everything(seed, verbose=False)
        model, started = parts.make_model(parts.data.spec), []
        start = model.start_clusters
        model.start_clusters = lambda z: started.append(z.clone()) or start(z)
        trainer = make_trainer({**parts.trainer, "callbacks": list(callbacks)}, model, tmp_path / f"{name}{seed}")
        fit(trainer, model, parts.data)
        return parts, model.eval(), started[0]

    return run


@pytest.mark.parametrize(("share", "steps", "first"), [("0.5", "9", 4), ("0.99", "4", 3), ("0.01", "4", 0)])
@pytest.mark.parametrize("name", ["dec", "vade"])
def test_share_of_the_steps(name, share, steps, first, fitted):
    _, model, _ = fitted(name, "--data.train_rows", "300", "--trainer.max_steps", steps, "--model.pretraining", share)
    assert model.second_phase
    assert f"{first} of {steps} steps trained the auto-encoder alone" in model.cluster_notes()


@pytest.mark.parametrize("name", ["dec", "vade"])
def test_a_fit_that_ends_in_its_first_phase_fails(name, fitted):
    """By an early stop, as by a limit of time: clusters that nobody placed aren't scored."""
    wanted = rf"the fit ended after 4 steps, before {name} had placed any clusters; give it more steps, or leave out"
    with pytest.raises(RunError, match=wanted):
        fitted(name, *FEW, callbacks=[StopAt(3)])


def test_a_fit_that_ends_in_its_second_phase_is_one(fitted):
    _, model, _ = fitted("dec", *FEW, callbacks=[StopAt(8)])
    assert "6 of 9 steps trained the auto-encoder alone" in model.cluster_notes()


@pytest.mark.parametrize("limit", ["max_steps", "limit_train_batches"])
def test_a_fit_without_a_step_fails(limit, fitted):
    with pytest.raises(RunError, match="the fit ended after 0 steps, before dec"):
        fitted("dec", *FEW, f"--trainer.{limit}", "0")


@pytest.mark.parametrize("name", ["dec", "vade"])
def test_a_first_phase_that_broke_says_so_before_latents_are_looked_at(name, fitted):
    with pytest.raises(RunError, match=r"the loss became NaN or infinite at step [1-9]; lower --model\.lr"):
        fitted(name, *FEW, "--model.lr", "1e25")


@pytest.fixture
def blobs():
    """Four round groups of latents, of 15, 15, 30 and 30 rows, in three dimensions."""
    noise = torch.randn(90, 3, generator=torch.Generator().manual_seed(0))
    return (
        2
        + noise
        + 7 * torch.cat([torch.eye(3), -torch.eye(3)[:1]]).repeat_interleave(torch.tensor([15, 15, 30, 30]), 0)
    )


@pytest.fixture(params=[DEC, VaDE])
def started(request, blobs):
    """A model whose clusters start among the blobs."""
    torch.manual_seed(0)
    model = request.param(SPEC, clusters=4, latent_dim=3)
    model.trainer = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda value: value))
    model.start_clusters(blobs)
    return model


def by_first(means):
    """The order of clusters by their mean."""
    return np.lexsort(np.round(means, 1).T)


def test_clusters_start_where_scikit_learn_finds_them(started, blobs):
    """K-means with 20 starts, and a diagonal mixture that starts from k-means."""
    x = blobs.numpy()
    if isinstance(started, DEC):
        found, peer = started.centres.detach().numpy(), KMeans(4, n_init=20, random_state=0).fit(x).cluster_centers_
        np.testing.assert_allclose(found[by_first(found)], peer[by_first(peer)], atol=1e-4)
        return
    peer = GaussianMixture(4, covariance_type="diag", random_state=0, tol=1e-4, max_iter=200).fit(x)
    means, weights = started.prior["means"].detach().numpy(), started.prior["logits"].softmax(0).detach().numpy()
    mine, theirs = by_first(means), by_first(peer.means_)
    np.testing.assert_allclose(means[mine], peer.means_[theirs], atol=0.01)
    np.testing.assert_allclose(weights[mine], peer.weights_[theirs], atol=0.005)
    variances = started.prior["log_vars"].exp().detach().numpy()
    np.testing.assert_allclose(variances[mine], peer.covariances_[theirs], rtol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "gain"), [("dec", 0.015), ("vade", 0.02)])
def test_second_phase_gains_over_k_means_of_the_first(name, gain, fitted):
    """NMI of the clusters of digits with the classes, a mean over three seeds: .030 (dec) and .042 (vade) more."""
    gains = []
    for seed in (0, 1, 2):
        parts, model, z = fitted(name, "--trainer.max_steps", "400", seed=seed)
        x, label = parts.data.tensors("train")
        before = KMeans(10, n_init=20, random_state=0).fit_predict(z.numpy())
        scores = [normalized_mutual_info_score(label, found) for found in (before, model.clusters(x))]
        gains.append(scores[1] - scores[0])
    assert np.mean(gains) > gain, gains


@pytest.mark.parametrize("kind", [DEC, VaDE])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_phase_without_steps_is_refused(kind, share):
    with pytest.raises(UsageError, match=r"`pretraining` must be a number in \(0, 1\), got"):
        kind(SPEC, pretraining=share)


@pytest.mark.parametrize("kind", [DEC, VaDE, N2D])
def test_more_clusters_than_rows_are_refused(kind):
    with pytest.raises(UsageError, match=r"`clusters` of \w+ must be in \[1, 90\] for 90 train rows, got 91"):
        kind(SPEC, clusters=91)
