"""Auto-encoder, UMAP, mixture: what is fitted when, what is kept, and how it compares with the source's own parts."""

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, seed_everything
from sklearn.cluster import KMeans
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.mixture import GaussianMixture

from embedbench.errors import RunError, UsageError
from embedbench.paradigms.clustering.n2d import N2D
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (4,), 90, "classes", ("a", "b", "c"))
# NMI of the classes of digits, train and test rows: umap-learn 0.5.12 (20 neighbours, minimal distance 0, 10
# dimensions), its transform, and scikit-learn's mixture with full covariances, of the latents of the last test.
PEERS = [(0.838, 0.841), (0.859, 0.858), (0.857, 0.840)]


class StopAt(Callback):
    """An early stop before a step."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_start(self, trainer, *_):
        trainer.should_stop = trainer.global_step == self.step


def fitted(folder, *words, seed=0, callbacks=()):
    parts = resolve(build_request(["--model", "n2d", "--data", "digits", "--threads", "1", *words]))
    seed_everything(seed, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer({**parts.trainer, "callbacks": list(callbacks)}, model, folder), model, parts.data)
    return parts, model.eval()


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Of 270 train rows, after 30 steps."""
    words = ("--data.train_rows", "300", "--trainer.max_steps", "30", "--model.neighbors", "10")
    return fitted(tmp_path_factory.mktemp("few"), *words)


def test_every_parameter_has_a_gradient_but_those_of_the_clusters():
    model = N2D(SPEC, latent_dim=2)
    batch = Batch(torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), None, torch.arange(5))
    (name, loss), *others = model.terms(batch).items()
    assert (name, others) == ("reconstruction", [])
    torch.testing.assert_close(loss, (model.decoder(model.latent(batch.x)) - batch.x).square().mean())
    loss.backward()
    missing = {name.partition(".")[0] for name, one in model.named_parameters() if one.grad is None}
    assert missing == {"fitted"}


def test_train_rows_lie_at_their_own_points_and_others_among_them(few):
    parts, model = few
    train, test = (parts.data.tensors(split)[0] for split in ("train", "test"))
    with torch.no_grad():
        z = model.embed(train)
        torch.testing.assert_close(z, model.fitted["points"], rtol=0, atol=0)
        other = model.embed(test)
    assert other.shape == (len(test), 10)
    near = torch.cdist(other, z).amin(1)
    assert float(near.median()) < 0.1 * float(torch.pdist(z).median())


def test_a_place_follows_from_the_row_alone(few):
    parts, model = few
    x = parts.data.tensors("test")[0]
    with torch.no_grad():
        whole, alone = model.embed(x)[40:80], model.embed(x[40:80])
    torch.testing.assert_close(whole, alone, atol=1e-3, rtol=0)


def test_clusters_are_those_of_the_mixture(few):
    parts, model = few
    peer = GaussianMixture(10, covariance_type="full")
    weights, means, roots = (model.fitted[name].numpy() for name in ("weights", "means", "precision_cholesky"))
    peer.weights_, peer.means_, peer.precisions_cholesky_ = weights, means, roots
    x = parts.data.tensors("train")[0]
    with torch.no_grad():
        assert model.clusters(x).tolist() == peer.predict(model.fitted["points"].numpy()).tolist()
    assert model.cluster_notes()[0] == "10 clusters"


def test_all_survives_the_disk(few):
    parts, model = few
    twin = parts.make_model(parts.data.spec).eval()
    assert not twin.has_clusters
    twin.load_state_dict(model.state_dict())
    x = parts.data.tensors("test")[0]
    with torch.no_grad():
        assert torch.equal(twin.embed(x), model.embed(x))
        assert torch.equal(twin.clusters(x), model.clusters(x))


def test_a_fit_that_ends_early_has_clusters_too(tmp_path):
    words = ("--data.train_rows", "300", "--trainer.max_steps", "30", "--model.neighbors", "10")
    parts, model = fitted(tmp_path, *words, "--model.balanced", "true", callbacks=[StopAt(4)])
    assert model.has_clusters
    assert sum("knowledge of the data" in note for note in model.cluster_notes()) == 1
    sizes = model.clusters(parts.data.tensors("train")[0]).bincount(minlength=10)
    assert (sizes > 0).all()


def test_a_fit_without_a_step_fails(tmp_path):
    with pytest.raises(RunError, match="the fit ended after 0 steps, before n2d had placed any clusters"):
        fitted(tmp_path, "--trainer.max_steps", "0")


def test_until_then_rows_are_embedded_by_their_latents():
    for latent_dim in (2, 5):
        model = N2D(SPEC, latent_dim=latent_dim).eval()
        x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
        wanted = torch.nn.functional.pad(model.latent(x), (0, 3 - latent_dim))
        assert torch.equal(model.embed(x), wanted)
    assert bool(N2D(SPEC, embedding="assignment").embed(x).isfinite().all())


@pytest.mark.parametrize(
    ("neighbors", "said"),
    [
        (90, r"`neighbors` of n2d must be in \[2, 89\] for 90 train rows.*got 90;"),
        (1, "`neighbors` must be a whole number of at least 2 or null, got 1"),
    ],
)
def test_neighbors_beyond_the_rows_are_refused(neighbors, said):
    with pytest.raises(UsageError, match=said):
        N2D(SPEC, neighbors=neighbors)


def test_curved_clusters_come_apart(tmp_path):
    """Two moons, which k-means cuts across."""
    x, truth = make_moons(600, noise=0.05, random_state=0)
    path = tmp_path / "moons.npz"
    np.savez(path, x_train=x, x_test=x, y_train=truth, y_test=truth)
    words = ("--data", "arrays", "--data.path", str(path), "--trainer.max_steps", "200", "--model.latent_dim", "2")
    parts, model = fitted(tmp_path / "run", *words)
    rows, label = parts.data.tensors("test")
    with torch.no_grad():
        assert adjusted_rand_score(label, KMeans(2, n_init=5, random_state=0).fit_predict(model.latent(rows))) < 0.7
        assert adjusted_rand_score(label, model.clusters(rows)) > 0.9


@pytest.mark.slow
def test_digits_are_clustered_as_by_the_sources_own_parts(tmp_path):
    """Within .02 of umap-learn and scikit-learn's mixture, means over seeds, and far above k-means of the latents."""
    found, gains = [], []
    for seed in (0, 1, 2):
        parts, model = fitted(tmp_path / str(seed), "--trainer.max_steps", "400", seed=seed)
        (x, label), (other, hidden) = (parts.data.tensors(split) for split in ("train", "test"))
        with torch.no_grad():
            found.append(
                [normalized_mutual_info_score(y, model.clusters(rows)) for rows, y in ((x, label), (other, hidden))]
            )
        before = KMeans(10, n_init=20, random_state=0).fit_predict(model.fitted["rows"].numpy())
        gains.append(found[-1][0] - normalized_mutual_info_score(label, before))
    np.testing.assert_allclose(np.mean(found, axis=0), np.mean(PEERS, axis=0), atol=0.02)
    assert np.mean(gains) > 0.07, gains
