"""The mixture against scikit-learn: likelihood, responsibilities, and the number of clusters."""

import numpy as np
import pytest
from lightning.pytorch import seed_everything
from sklearn.mixture import GaussianMixture as Reference

from embedbench.errors import UsageError
from embedbench.experiment.fitting import fit, make_trainer
from embedbench.experiment.request import build_request
from embedbench.experiment.resolve import resolve
from embedbench.paradigms.gaussian_mixture import GaussianMixture
from embedbench.types import DataSpec

KINDS = {"diagonal": "diag", "full": "full"}


def fitted(folder, *words):
    parts = resolve(build_request(["--model", "gaussian_mixture", "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, folder), model, parts.data)
    return parts, model.eval()


@pytest.mark.parametrize(
    ("data", "covariance", "starts"),
    [
        *[(data, covariance, 5) for data in ("wine", "breast_cancer") for covariance in KINDS],
        ("digits", "full", 5),
        ("digits", "diagonal", 30),  # whose maxima differ by 1.3 % (standard deviation over 30 starts of either)
    ],
)
def test_likelihood_is_that_of_scikit_learn(data, covariance, starts, tmp_path):
    """The best of as many starts by k-means, with the same floor under the variances."""
    words = ("--data", data, "--model.covariance", covariance, "--model.restarts", str(starts))
    parts, model = fitted(tmp_path, *words)
    x = parts.data.tensors("train")[0].flatten(1).double()
    k = parts.data.spec.n_classes
    how = {"covariance_type": KINDS[covariance], "tol": 1e-4, "max_iter": 200}
    peer = Reference(k, n_init=starts, random_state=0, **how).fit(x)
    found = float(model.log_likelihood(x).mean().detach())
    assert found >= peer.score(x) - 0.005 * abs(peer.score(x))


@pytest.mark.parametrize("covariance", KINDS)
def test_density_and_responsibilities_are_those_of_scikit_learn(covariance, tmp_path):
    """Of the same parameters."""
    parts, model = fitted(tmp_path, "--data", "wine", "--model.covariance", covariance)
    x = parts.data.tensors("test")[0].double()
    weights, means, factors = (part.detach().numpy() for part in model.mixture)
    peer = Reference(3, covariance_type=KINDS[covariance])
    peer.weights_, peer.means_, peer.precisions_cholesky_ = weights, means, factors
    np.testing.assert_allclose(model.log_likelihood(x).detach(), peer.score_samples(x), rtol=1e-9)
    np.testing.assert_allclose(model.embed(x.float()).detach(), peer.predict_proba(x.float().double()), atol=1e-6)
    assert model.clusters(x.float()).tolist() == peer.predict(x.float().double()).tolist()
    assert float(-model.criterion(x)) == pytest.approx(peer.bic(x.numpy()))


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
        ({"floor": 0.0}, "`floor` above 0, got 5 and 0.0"),
        ({"restarts": 0}, "must be 1 or more and `floor` above 0, got 0 and"),
        ({"clusters": 51}, r"must be in \[1, 50\] for 50 train rows, got 51"),
        ({"covariance": "full"}, "`covariance` full takes at most 2000 features, got 2500"),
    ],
)
def test_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        GaussianMixture(DataSpec("tabular", (2500,), 50, "classes", ("a", "b")), **arguments)
