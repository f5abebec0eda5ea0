"""K-means against scikit-learn, its number of clusters, and what it refuses."""

import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from sklearn.cluster import KMeans as Reference
from sklearn.metrics import normalized_mutual_info_score, silhouette_score

from embedbench.errors import UsageError
from embedbench.neighbors import k_means
from embedbench.paradigms.clustering.kmeans import KMeans
from embedbench.paradigms.saved import load_run
from embedbench.request.options import Options
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.execute import execute
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import DataSpec

SPEC = DataSpec("tabular", (2,), 6, "classes", ("a", "b"))


def fitted(folder, *words):
    parts = resolve(build_request(["--model", "kmeans", "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, folder), model, parts.data)
    return parts, model.eval()


def inertia(model, x):
    square = torch.cdist(x.flatten(1).double(), model.centroids[: int(model.count)].detach())
    return float(square.min(1).values.square().sum())


def reference(x, k, starts=10):
    return Reference(k, n_init=starts, random_state=0).fit(x.flatten(1).numpy())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_inertia_is_that_of_scikit_learn(seed, tmp_path):
    parts, model = fitted(tmp_path, "--data", "digits", "--data.split_seed", str(seed))
    x = parts.data.tensors("train")[0]
    assert inertia(model, x) <= 1.01 * reference(x, 10).inertia_
    assert model.cluster_notes() == ["10 clusters"]


@pytest.mark.slow
def test_inertia_of_clothes_is_that_of_scikit_learn(tmp_path):
    words = ("--data", "fashion_mnist", "--data.train_rows", "10000", "--data.test_rows", "100")
    parts, model = fitted(tmp_path, *words)
    x = parts.data.tensors("train")[0]
    assert inertia(model, x) <= 1.01 * reference(x, 10).inertia_


def test_clusters_are_the_nearest_centroids(tmp_path):
    parts, model = fitted(tmp_path, "--data", "digits", "--model.clusters", "4")
    x = parts.data.tensors("test")[0]
    nearest = torch.cdist(x.flatten(1).double(), model.centroids.detach()).argmin(1)
    assert torch.equal(model.clusters(x), nearest)
    z = model.embed(x)
    assert z.shape == (len(x), 4)
    torch.testing.assert_close(z.sum(1), torch.ones(len(x)))
    assert torch.equal(z.argmax(1), nearest)


def test_soft_assignment_has_the_stated_stiffness():
    model = KMeans(SPEC)
    with torch.no_grad():
        model.centroids.copy_(torch.tensor([[0.0, 0], [2, 0]]))
        model.variance.fill_(2.0)
    share = model.embed(torch.tensor([[0.0, 1.0]])).detach()[0, 0]  # squared distances 1 and 5
    assert float(share) == pytest.approx(1 / (1 + np.exp(-(5 - 1) / 4)))


def test_latent_is_what_is_clustered(tmp_path):
    parts, model = fitted(tmp_path, "--data", "digits", "--model.embedding", "latent")
    x = parts.data.tensors("test")[0]
    assert torch.equal(model.embed(x), x.flatten(1))
    assert model.latent_dim == 64


def test_number_is_chosen_by_the_silhouette_on_validation(blobs, tmp_path):
    words = ("--data", "table", "--data.path", str(blobs), "--data.label", "y", "--model.clusters", "auto")
    parts, model = fitted(tmp_path, *words)
    assert int(model.count) == 3
    assert model.cluster_notes()[0] == "3 clusters, the best of 2 to 20 on validation"
    z = model.embed(parts.data.tensors("test")[0])
    assert z.shape[1] == model.latent_dim == 20
    assert not z[:, 3:].any()
    val, label = parts.data.tensors("val")
    cluster = model.clusters(val).numpy()
    assert normalized_mutual_info_score(label, cluster) == 1
    assert model.criterion(val.double()) == pytest.approx(silhouette_score(val.numpy(), cluster), abs=1e-6)


def test_number_that_is_chosen_survives_the_disk(blobs, tmp_path):
    words = ("--data", "table", "--data.path", str(blobs), "--data.label", "y", "--model.clusters", "auto")
    parts, model = fitted(tmp_path, *words)
    twin = KMeans(parts.data.spec, "auto")
    twin.load_state_dict(model.state_dict())
    x = parts.data.tensors("test")[0]
    assert torch.equal(twin.embed(x), model.embed(x))


def test_empty_clusters_are_repaired_and_counted(tmp_path, monkeypatch):
    """K-means++ starts from rows that differ: here the search is made to end with two centroids at one place."""
    find = k_means.find_clusters

    def twice(*args):
        found = find(*args)
        found.centroids[3] = found.centroids[5]
        return found

    monkeypatch.setattr(k_means, "find_clusters", twice)
    path = tmp_path / "x.npz"
    np.savez(path, x=np.repeat(np.random.default_rng(0).normal(size=(12, 2)), 30, axis=0).astype(np.float32))
    words = ("--data", "arrays", "--data.path", str(path), "--model.clusters", "12")
    parts, model = fitted(tmp_path / "run", *words)
    notes = " ".join(model.cluster_notes())
    assert "an empty cluster was repaired once" in notes
    assert "hold no train row" not in notes
    assert len(model.clusters(parts.data.tensors("train")[0]).unique()) == 12


def test_too_few_different_rows_are_told(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.repeat(np.eye(3, dtype=np.float32), 20, axis=0))
    words = ("--data", "arrays", "--data.path", str(path), "--model.clusters", "5")
    _, model = fitted(tmp_path / "run", *words)
    assert "2 clusters hold no train row: too few rows differ" in model.cluster_notes()


@pytest.mark.parametrize(
    ("spec", "arguments", "said"),
    [
        (SPEC, {"clusters": 7}, r"`clusters` of kmeans must be in \[1, 6\] for 6 train rows, got 7"),
        (SPEC, {"clusters": 0}, "`clusters` must be a whole number of at least 1 or one of classes, auto, got 0"),
        (SPEC, {"clusters": 2.5}, "`clusters` must be a whole number of at least 1 or one of classes, auto, got 2.5"),
        (SPEC, {"restarts": 0}, "`restarts` must be a whole number of at least 1, got 0"),
        (SPEC._replace(n_rows=2), {"clusters": "auto"}, "auto of kmeans needs 3 train rows or more, got 2"),
    ],
)
def test_refused(spec, arguments, said):
    with pytest.raises(UsageError, match=said):
        KMeans(spec, **arguments)


def test_clusters_of_a_run_are_those_of_its_embedding(tmp_path):
    words = ("--data", "digits", "--data.train_rows", "400")
    pca = Options(tmp_path, run_id="pca", quiet=True)
    execute(build_request(["--model", "pca", *words, "--suite.metrics", "[probe]"]), pca)
    parts, model = fitted(tmp_path / "on", *words, "--model.on", str(tmp_path / "pca"), "--model.embedding", "latent")
    x = parts.data.tensors("train")[0]
    z = load_run(tmp_path / "pca", parts.data.spec).embed(x)
    assert torch.equal(model.embed(x), z)
    assert model.latent_dim == z.shape[1] == 16
    # A minimum for these rows: iterations of scikit-learn from there, to their end, gain nothing.
    further = Reference(10, init=model.centroids.detach().numpy(), n_init=1, tol=0).fit(z.double().numpy())
    assert inertia(model, z) <= 1.001 * further.inertia_
    with pytest.raises(UsageError, match=r"takes rows of shape \(1, 8, 8\), but the data have \(13,\)"):
        fitted(tmp_path / "other", "--data", "wine", "--model.on", str(tmp_path / "pca"))


def test_texts_are_clustered_by_the_run_that_reads_them(tmp_path):
    words = ["--data", "wordnet5k", "--data.train_rows", "1200", "--data.test_rows", "60"]
    with pytest.raises(UsageError, match="texts"):
        fitted(tmp_path / "raw", *words)
    request = build_request(["--model", "tfidf_svd", *words, "--suite.metrics", "[probe]"])
    execute(request, Options(tmp_path, run_id="svd", quiet=True))
    result = execute(
        build_request(["--model", "kmeans", *words, "--model.on", str(tmp_path / "svd")]), Options(tmp_path, quiet=True)
    )
    assert result.status == "finished", result.error
    assert result.metrics["test"]["clustering/nmi"] > 0.1
    assert "clustering/* scores the model's own clusters, not those of k-means" in result.notes
