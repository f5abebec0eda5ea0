"""The mixture against scikit-learn: likelihood, responsibilities, and the number of clusters."""

import numpy as np
import pytest
from lightning.pytorch import seed_everything
from sklearn.mixture import GaussianMixture as Reference

from embedbench.errors import UsageError
from embedbench.paradigms.clustering import gaussian_mixture as module
from embedbench.paradigms.clustering.clusterer import find_centroids
from embedbench.paradigms.clustering.gaussian_mixture import GaussianMixture
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import DataSpec

KINDS = {"diagonal": "diag", "full": "full"}


def fitted(folder, *words):
    parts = resolve(build_request(["--model", "gaussian_mixture", "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, folder), model, parts.data)
    return parts, model.eval()


def em_fit(x, centroids, covariance):
    """Mean log-likelihood of scikit-learn's mixture that starts from hard clusters around centroids."""
    parts = [x[np.linalg.norm(x[:, None] - centroids, axis=2).argmin(1) == k] for k in range(len(centroids))]
    cov = np.array([np.cov(part.T, bias=True) + 1e-6 * np.eye(x.shape[1]) for part in parts])
    precisions = np.linalg.inv(cov) if covariance == "full" else 1 / np.diagonal(cov, axis1=1, axis2=2)
    start = {"means_init": [part.mean(0) for part in parts], "precisions_init": precisions}
    how = {"covariance_type": KINDS[covariance], "tol": 1e-4, "max_iter": 200}
    weights = np.array([len(part) for part in parts]) / len(x)
    return Reference(len(parts), weights_init=weights, **start, **how).fit(x).score(x)


@pytest.mark.parametrize(
    ("data", "covariance"),
    [
        *((data, covariance) for data in ("wine", "breast_cancer") for covariance in KINDS),
        pytest.param("digits", "diagonal", marks=pytest.mark.slow),  # full ones leave each other by rounding alone
    ],
)
def test_likelihood_is_that_of_scikit_learns_best_from_the_same_starts(data, covariance, tmp_path, monkeypatch):
    """Of 5 starts by k-means; those of wine end 0.06 nats apart or more, so that the best of them shows."""
    starts = []

    def watched(*args, **kwargs):
        starts.append(find_centroids(*args, **kwargs))
        return starts[-1]

    monkeypatch.setattr(module, "find_centroids", watched)
    parts, model = fitted(tmp_path, "--data", data, "--model.covariance", covariance)
    x = parts.data.tensors("train")[0].flatten(1).double()
    peers = [em_fit((x - x.mean(0)).numpy(), centroids.numpy(), covariance) for centroids, _ in starts]
    assert len(peers) == 5
    assert float(model.log_likelihood(x).mean().detach()) == pytest.approx(max(peers), abs=1e-3)


@pytest.mark.parametrize("covariance", KINDS)
def test_density_and_responsibilities_are_those_of_scikit_learn(covariance, tmp_path):
    """Of the same parameters."""
    parts, model = fitted(tmp_path, "--data", "wine", "--model.covariance", covariance)
    x = parts.data.tensors("test")[0].double()
    weights, means, roots = (part.detach().numpy() for part in model.mixture)
    peer = Reference(3, covariance_type=KINDS[covariance])
    peer.weights_, peer.means_, peer.precisions_cholesky_ = weights, means, roots
    np.testing.assert_allclose(model.log_likelihood(x).detach(), peer.score_samples(x), rtol=1e-9)
    np.testing.assert_allclose(model.embed(x.float()).detach(), peer.predict_proba(x.float().double()), atol=1e-6)
    assert model.clusters(x.float()).tolist() == peer.predict(x.float().double()).tolist()
    assert float(-model.criterion(x)) == pytest.approx(peer.bic(x.numpy()))


@pytest.mark.slow
def test_number_is_chosen_by_bic_on_validation(tmp_path):
    path, rng = tmp_path / "x.npz", np.random.default_rng(0)
    np.savez(path, x=(rng.normal(size=(900, 4)) + 6 * np.eye(3, 4)[np.arange(900) % 3]).astype(np.float32))
    parts, model = fitted(tmp_path / "run", "--data", "arrays", "--data.path", str(path), "--model.clusters", "auto")
    assert int(model.count) == 3
    assert model.embed(parts.data.tensors("test")[0]).shape[1] == 20
    assert model.cluster_notes()[0] == "3 clusters, the best of 2 to 20 on validation"


def test_rows_that_do_not_differ_keep_a_finite_density(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.repeat(np.eye(3, dtype=np.float32), 20, axis=0))
    words = ("--data", "arrays", "--data.path", str(path), "--model.clusters", "5")
    parts, model = fitted(tmp_path / "run", *words)
    x = parts.data.tensors("train")[0]
    assert bool(model.embed(x).isfinite().all())
    assert "an empty cluster was repaired" in " ".join(model.cluster_notes())
    assert len(model.clusters(x).unique()) >= 3


@pytest.mark.parametrize("covariance", KINDS)
def test_balanced_clusters_are_of_one_size_and_said_to_be_known(covariance, tmp_path):
    """Groups of 240 and 80 rows that touch, whose own mixture has them so."""
    path, rng = tmp_path / "x.npz", np.random.default_rng(0)
    label = np.arange(320) % 4 == 0
    x = (rng.normal(size=(320, 2)) + 4 * label[:, None] * [1, 0]).astype(np.float32)
    np.savez(path, x_train=x, x_test=x)
    words = ["--data", "arrays", "--data.path", str(path), "--data.standardised", "false", "--model.clusters", "2"]
    words += ["--model.covariance", covariance]
    sizes, notes = {}, {}
    for balanced in ("false", "true"):
        parts, model = fitted(tmp_path / balanced, *words, "--model.balanced", balanced)
        sizes[balanced] = sorted(model.clusters(parts.data.tensors("test")[0]).bincount(minlength=2).tolist())
        notes[balanced] = " ".join(model.cluster_notes())
        if balanced == "true":
            assert model.mixture.weights.tolist() == [0.5, 0.5]
            peer = Reference(2, covariance_type=KINDS[covariance]).fit(x)
            weightless = peer._n_parameters() - 1
            rows = parts.data.tensors("test")[0].double()
            wanted = weightless * np.log(len(rows)) - 2 * float(model.log_likelihood(rows).sum().detach())
            assert -model.criterion(rows) == pytest.approx(wanted)
    assert sizes["false"] == pytest.approx([80, 240], abs=12)
    assert sizes["true"][0] > 110
    assert "knowledge of the data" in notes["true"]
    assert "knowledge" not in notes["false"]


@pytest.mark.parametrize("covariance", KINDS)
def test_a_feature_that_is_nearly_constant_does_not_decide(covariance, tmp_path):
    """A row of the second cluster stays there, though the first has the train row that differs in that feature."""
    rng, path = np.random.default_rng(0), tmp_path / "x.npz"
    train, test = (rng.normal(size=(rows, 5)) + 6 * np.eye(2, 5)[np.arange(rows) % 2] for rows in (400, 20))
    train[:, 4], test[:, 4] = 0, 0
    train[6, 4], test[3, 4] = 1 / 255, 1
    np.savez(path, x_train=train, x_test=test)
    words = ["--data", "arrays", "--data.path", str(path), "--data.standardised", "false", "--model.clusters", "2"]
    parts, model = fitted(tmp_path / "run", *words, "--model.covariance", covariance)
    found = model.clusters(parts.data.tensors("test")[0]).numpy()
    assert (found == found[0]).tolist() == [row % 2 == 0 for row in range(20)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"floor": 0.0}, "`floor` must be a number above 0, got 0.0"),
        ({"floor": float("nan")}, "`floor` must be a number above 0, got nan"),
        ({"restarts": 0}, "`restarts` must be a whole number of at least 1, got 0"),
        ({"clusters": 51}, r"must be in \[1, 50\] for 50 train rows, got 51"),
        ({"covariance": "full"}, "`covariance` full takes at most 2000 features, got 2500"),
    ],
)
def test_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        GaussianMixture(DataSpec("tabular", (2500,), 50, "classes", ("a", "b")), **arguments)
