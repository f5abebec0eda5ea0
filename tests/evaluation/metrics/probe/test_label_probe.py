"""The probe of several labels against scikit-learn and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, hamming_loss, log_loss
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

from embedbench.evaluation.metrics.probe.label_logistic import fit_labels
from embedbench.evaluation.metrics.probe.label_probe import label_probe
from embedbench.evaluation.metrics.probe.label_scores import label_macro_f1, label_micro_f1, mean_average_precision


def rows(seed=0, gallery=240, query=70, labels=5):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(gallery + query, 6)).astype(np.float32)
    logit = 2 * z @ rng.normal(size=(6, labels)) / np.sqrt(6) - np.linspace(0, 2, labels)
    hot = (logit + rng.logistic(size=logit.shape) > 0).astype(np.int8)
    return (z[:gallery], hot[:gallery]), (z[gallery:], hot[gallery:])


def scored(predicted, score, truth):
    """All measures by scikit-learn."""
    used = truth.any(axis=0)
    return {
        "macro_f1": f1_score(truth[:, used], predicted[:, used], average="macro"),
        "micro_f1": f1_score(truth, predicted, average="micro"),
        "map": average_precision_score(truth[:, used], score[:, used], average="macro"),
        "subset_accuracy": np.mean((truth == predicted).all(axis=1)),
        "hamming_loss": hamming_loss(truth, predicted),
    }


@pytest.mark.parametrize("neighbors", [1, 6, 20])
def test_neighbours_equal_scikit_learn(make_space, neighbors):
    gallery, query = rows()
    found = label_probe(make_space(gallery, query, neighbors=neighbors))
    share = KNeighborsRegressor(neighbors, algorithm="brute").fit(*(one.astype(float) for one in gallery))
    share = share.predict(query[0].astype(float))
    for name, value in scored(share >= 0.5 - 1e-12, share, query[1]).items():
        assert found[f"knn_{name}"] == pytest.approx(value, abs=1e-9), name


def test_linear_equals_scikit_learn_by_its_logits(make_space):
    gallery, query = rows(1)
    found = label_probe(make_space(gallery, query))
    scale = StandardScaler().fit(gallery[0].astype(float))
    x, x_query = (scale.transform(one[0].astype(float)) for one in (gallery, query))
    fits = [LogisticRegression(C=found["linear_c"], tol=1e-9, max_iter=1000).fit(x, y) for y in gallery[1].T]
    logit = np.column_stack([one.decision_function(x_query) for one in fits])
    for name, value in scored(logit >= 0, logit, query[1]).items():
        assert found[f"linear_{name}"] == pytest.approx(value, abs=0.02), name


@pytest.mark.parametrize("c", [0.01, 1.0, 10.0])
def test_regressions_reach_the_optimum_of_each_label(c):
    (z, hot), _ = rows(2, gallery=600)
    found = fit_labels(z, hot, c)
    x = StandardScaler().fit_transform(z.astype(float))
    for label, y in enumerate(hot.T):
        theirs = LogisticRegression(C=c, tol=1e-10, max_iter=2000).fit(x, y)
        ours = expit(found.logits(z.astype(float))[:, label])
        best = log_loss(y, theirs.predict_proba(x)) + (theirs.coef_**2).sum() / (2 * c * len(y))
        weight = found.weight[label] * z.astype(float).std(axis=0)
        assert log_loss(y, ours) + (weight**2).sum() / (2 * c * len(y)) == pytest.approx(best, abs=1e-4)
        np.testing.assert_allclose(ours, theirs.predict_proba(x)[:, 1], atol=0.02)


def test_c_is_chosen_by_held_out_loss():
    """Noise asks for a strong penalty, what is all but certain for a weak one."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 20))
    assert fit_labels(z, (rng.random((300, 4)) < 0.3).astype(np.int8)).c <= 0.01
    assert fit_labels(z, (z[:, :4] > 0).astype(np.int8)).c == 10
    assert fit_labels(z, np.eye(300, 3, dtype=np.int8)).c == 1  # one row each: nothing to choose it by


def test_the_same_twice(make_space):
    gallery, query = rows(3)
    first, second = (label_probe(make_space(gallery, query)) for _ in range(2))
    assert first == second


def test_labels_that_gallery_or_query_lack(make_space):
    (z, hot), (z_query, hot_query) = rows(4, labels=4)
    hot[:, 1], hot_query[:, 2], hot[:, 3] = 0, 0, 1
    found = label_probe(make_space((z, hot), (z_query, hot_query)))
    share = KNeighborsRegressor(5, algorithm="brute").fit(z.astype(float), hot).predict(z_query.astype(float))
    said = share >= 0.5
    by_label = [f1_score(hot_query[:, label], said[:, label], zero_division=0) for label in (0, 1, 3)]
    assert by_label[1] == 0
    assert found["knn_macro_f1"] == pytest.approx(np.mean(by_label))
    both = [average_precision_score(hot_query[:, label], share[:, label]) for label in (0, 3)]
    assert found["knn_map"] == pytest.approx(np.mean(both))
    assert found["linear_micro_f1"] > 0
    assert np.isfinite(found["linear_map"])


@pytest.mark.parametrize("value", [0, 1])
def test_no_label_tells_rows_apart(make_space, value):
    (z, hot), query = rows()
    assert label_probe(make_space((z, np.full_like(hot, value)), query)) == {}


def test_query_rows_without_any_label_have_no_average_precision(make_space):
    gallery, (z, hot) = rows()
    found = label_probe(make_space(gallery, (z, np.zeros_like(hot))))
    assert "knn_map" not in found
    assert "linear_macro_f1" not in found
    assert found["knn_hamming_loss"] > 0


def test_one_point_predicts_the_shares_of_all(make_space):
    gallery, query = rows(5)
    gallery[1][:200, 0] = 1
    one = [(np.zeros_like(z), hot) for z, hot in (gallery, query)]
    found = label_probe(make_space(*one))
    said = np.tile(gallery[1].mean(axis=0) >= 0.5, (len(query[1]), 1))
    assert 0 < said[0].sum() < said.shape[1]
    for by in ("knn", "linear"):
        assert found[f"{by}_micro_f1"] == pytest.approx(f1_score(query[1], said, average="micro"))
        assert found[f"{by}_map"] == pytest.approx(query[1].mean(axis=0)[query[1].any(axis=0)].mean())


@pytest.mark.parametrize("measure", [label_macro_f1, label_micro_f1])
def test_errors_are_those_of_a_bootstrap(measure):
    rng = np.random.default_rng(0)
    truth = rng.random((400, 5)) < [0.5, 0.4, 0.3, 0.2, 0.2]
    predicted = truth ^ (rng.random(truth.shape) < 0.2)
    again = [measure(predicted[chosen], truth[chosen]).values.mean() for chosen in rng.integers(0, 400, (600, 400))]
    values = measure(predicted, truth).values
    assert values.std(ddof=1) / 20 == pytest.approx(np.std(again), rel=0.12)  # 600 draws: ± 3 %


def test_average_precision_takes_equal_scores_together():
    score, truth = np.array([[0.5], [0.5], [0.2]]), np.array([[True], [False], [True]])
    assert mean_average_precision(score, truth, np.array([True])) == pytest.approx(0.5 * 0.5 + 0.5 * 2 / 3)
    assert mean_average_precision(score, truth, np.array([False])) is None
