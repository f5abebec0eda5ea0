from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mode, spearmanr
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from embedbench.evaluation.metrics.probe import probe
from embedbench.evaluation.metrics.probe.logistic import GRID, fit_logistic
from embedbench.evaluation.metrics.probe.probe import class_probe, real_probe, vote


@pytest.mark.parametrize("neighbors", [1, 5, 20])
def test_knn_equals_scikit_learn(make_space, untied_digits, neighbors):
    gallery, query = untied_digits
    theirs = KNeighborsClassifier(neighbors, algorithm="brute").fit(gallery[0].astype(float), gallery[1])
    found = class_probe(make_space(gallery, query, neighbors=neighbors))["knn_accuracy"]
    assert found == pytest.approx(theirs.score(query[0].astype(float), query[1]), abs=1e-9)


@pytest.mark.parametrize("neighbors", [1, 5, 20])
def test_knn_equals_a_loop(make_space, pair, neighbors):
    (z_gallery, y_gallery), (z_query, y_query) = pair
    right = 0
    for z, label in zip(z_query.astype(float), y_query, strict=True):
        nearest = np.argsort(((z_gallery.astype(float) - z) ** 2).sum(1), kind="stable")[:neighbors]
        right += np.bincount(y_gallery[nearest]).argmax() == label
    found = class_probe(make_space(*pair, neighbors=neighbors))["knn_accuracy"]
    assert found == pytest.approx(right / len(y_query), abs=1e-9)


def test_knn_with_tied_distances_takes_the_earlier_rows(make_space):
    z = np.zeros((7, 2))
    z[6] = 1
    found = [
        class_probe(make_space((z, [0, 0, 1, 1, 1, 1, 1]), (z[:1], [c]), neighbors=3))["knn_accuracy"] for c in (0, 1)
    ]
    assert found == [1, 0]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 9), classes=st.integers(1, 6))
def test_vote_equals_scipy_mode(seed, k, classes):
    label = np.random.default_rng(seed).integers(-2, classes, (20, k))
    np.testing.assert_array_equal(vote(label), mode(label, axis=1).mode)


def test_linear_accuracy_is_that_of_scikit_learn(make_space, pair):
    """At the same C: a row in five hundred may lie on the other side of the border."""
    (z_gallery, y_gallery), (z_query, y_query) = pair
    found = class_probe(make_space(*pair))
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=found["linear_c"], max_iter=5000, tol=1e-8))
    theirs.fit(z_gallery.astype(float) * 100 + 7, y_gallery)
    expected = theirs.score(z_query.astype(float) * 100 + 7, y_query)
    assert found["linear_c"] in GRID
    assert np.mean(found["linear_accuracy"]) == pytest.approx(expected, abs=max(0.002, 1.01 / len(y_query)))


def test_fitted_once_for_all_queries(make_space, random_pair, monkeypatch):
    fits = []
    monkeypatch.setattr(probe, "fit_logistic", lambda *args: fits.append(1) or fit_logistic(*args))
    space = make_space(*random_pair)
    class_probe(space)
    class_probe(type(space)(space.gallery, space.gallery.rows, space.protocol))
    assert fits == [1]


def right_of(space, by):
    """Predictions by the k nearest rows or by scikit-learn's logistic regression at the suite's C, and the truth."""
    gallery, query, truth = space.gallery.points.astype(float), space.points.astype(float), space.query.known
    if by == "knn":
        model = KNeighborsClassifier(space.protocol.neighbors, algorithm="brute")
    else:
        c = class_probe(space)["linear_c"]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000, tol=1e-8))
    return model.fit(gallery, space.gallery.rows.known), query, truth


def unbalanced(seed=0, sizes=(300, 60, 20, 8), dim=6):
    """Gallery and query of four classes that overlap, the first of them by far the largest."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(4), sizes)
    z = rng.normal(size=(len(label), dim)) + 2 * np.eye(4, dim)[label]
    order = rng.permutation(len(label))
    return (z[order][:250], label[order][:250]), (z[order][250:], label[order][250:])


@pytest.mark.parametrize("seed", range(5))
def test_scores_of_unbalanced_classes_are_scikit_learns(make_space, seed):
    space = make_space(*unbalanced(seed))
    found = class_probe(space)
    model, query, truth = right_of(space, "knn")
    near = model.predict(query)
    assert found["knn_balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, near), abs=1e-12)
    assert found["knn_macro_f1"] == pytest.approx(f1_score(truth, near, average="macro"), abs=1e-12)
    model, query, truth = right_of(space, "linear")
    chances = model.predict_proba(query)
    assert found["log_loss"] == pytest.approx(log_loss(truth, chances), abs=2e-3)
    brier = np.sum((chances - np.eye(4)[truth]) ** 2, axis=1).mean()
    assert found["brier"] == pytest.approx(brier, abs=1e-3)
    if (model.predict(query) == truth).mean() == found["linear_accuracy"]:
        assert found["linear_macro_f1"] == pytest.approx(
            f1_score(truth, model.predict(query), average="macro"), abs=1e-12
        )


def test_a_class_that_the_gallery_lacks_counts_as_wrong_and_has_no_log_loss(make_space):
    z = np.eye(4)[np.arange(40) % 4]
    label = np.arange(40) % 4
    found = class_probe(make_space((z[label < 3], label[label < 3]), (z, label)))
    assert "log_loss" not in found
    assert found["linear_balanced_accuracy"] == 0.75
    assert found["brier"] > 0.25


def test_all_rows_vote_where_all_are_one_point(make_space):
    label = np.repeat([2, 0, 1], [5, 20, 15])
    found = class_probe(make_space((np.zeros((40, 2)), label), (np.ones((4, 2)), np.array([0, 0, 1, 2]))))
    assert [found[f"{by}_accuracy"] for by in ("knn", "linear")] == [0.5, 0.5]
    assert found["linear_balanced_accuracy"] == pytest.approx(1 / 3)
    share = np.bincount(label) / 40
    assert found["log_loss"] == pytest.approx(-np.log(share[[0, 0, 1, 2]]).mean(), abs=1e-3)
    target = np.arange(40.0)
    found = real_probe(make_space((np.zeros((40, 2)), target), (np.ones((4, 2)), target[:4])))
    assert found["knn_mae"] == found["linear_mae"] == pytest.approx(18)
    assert "knn_spearman" not in found


def test_real_targets_equal_scikit_learn(make_space):
    x, y = load_diabetes(return_X_y=True)
    space = make_space((x[:300], y[:300]), (x[300:], y[300:]), neighbors=20)
    knn = KNeighborsRegressor(20, algorithm="brute").fit(x[:300], y[:300])
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=1.0)).fit(x[:300], y[:300])
    found = real_probe(space)
    for by, model in (("knn", knn), ("linear", ridge)):
        predicted = model.predict(x[300:])
        expected = {
            "r2": r2_score(y[300:], predicted),
            "mae": mean_absolute_error(y[300:], predicted),
            "rmse": mean_squared_error(y[300:], predicted) ** 0.5,
            "spearman": spearmanr(y[300:], predicted).statistic,
        }
        for name, one in expected.items():
            assert found[f"{by}_{name}"] == pytest.approx(one, rel=1e-5), name


@pytest.mark.parametrize("unit", [1e-290, 1e-40, 1.0, 1e30, 1e200])
def test_errors_have_the_targets_unit(make_space, unit):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(80, 3))
    y = z[:, 0] + rng.normal(size=80)
    plain, found = (real_probe(make_space((z[:60], t[:60]), (z[60:], t[60:]))) for t in (y, y * unit))
    assert found.keys() == plain.keys()
    for name in ("knn_mae", "linear_rmse"):
        assert found[name] == pytest.approx(plain[name] * unit, rel=1e-6)
    for name in ("knn_r2", "linear_spearman"):
        assert found[name] == pytest.approx(plain[name], abs=1e-6)


def test_one_query_has_no_r2(make_space):
    assert real_probe(make_space((np.eye(5), np.arange(5.0)), (np.eye(5)[:1], [0.0]), neighbors=2)) == {}
