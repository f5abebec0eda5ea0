from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mode
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge
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
    z = np.zeros((6, 2))
    found = [
        class_probe(make_space((z, [0, 0, 1, 1, 1, 1]), (z[:1], [c]), neighbors=3))["knn_accuracy"] for c in (0, 1)
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


def test_real_targets_equal_scikit_learn(make_space):
    x, y = load_diabetes(return_X_y=True)
    space = make_space((x[:300], y[:300]), (x[300:], y[300:]), neighbors=20)
    knn = KNeighborsRegressor(20, algorithm="brute").fit(x[:300], y[:300])
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=1.0)).fit(x[:300], y[:300])
    expected = {"knn_r2": knn.score(x[300:], y[300:]), "linear_r2": ridge.score(x[300:], y[300:])}
    assert real_probe(space) == pytest.approx(expected, abs=1e-5)


def test_one_query_has_no_r2(make_space):
    assert real_probe(make_space((np.eye(5), np.arange(5.0)), (np.eye(5)[:1], [0.0]), neighbors=2)) == {}
