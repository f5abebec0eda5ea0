from __future__ import annotations

import numpy as np
import pytest
import sklearn
import torch
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from embedbench.evaluation.metrics.probe import log_loss, logistic
from embedbench.evaluation.metrics.probe.class_scores import judge
from embedbench.evaluation.metrics.probe.logistic import fit_logistic


def scikit_learn(x, y, c):
    """A converged fit of scikit-learn's, and its objective."""
    rows = StandardScaler().fit_transform(x.astype(float))
    model = LogisticRegression(C=c, max_iter=5000, tol=1e-7).fit(rows, y)
    logits = rows @ model.coef_.T + model.intercept_
    number = np.searchsorted(model.classes_, y)
    loss = (logsumexp(logits, axis=1) - logits[np.arange(len(y)), number]).mean()
    return model, loss + (model.coef_**2).sum() / (2 * c * len(y))


@pytest.fixture(params=["digits", "correlated"])
def rows(request):
    if request.param == "digits":
        x, y = load_digits(return_X_y=True)  # with features that never vary
        return x.astype(np.float32), y
    rng = np.random.default_rng(0)
    y = rng.integers(3, 7, 600)
    x = rng.normal(size=(600, 5)) + 1.5 * np.eye(8)[y, :5]
    return (np.hstack([x, x[:, :3] + 0.01 * rng.normal(size=(600, 3))]) * 50 + 1000).astype(np.float32), y


@pytest.mark.parametrize("few", [False, True], ids=["one start", "start on a sample"])
@pytest.mark.parametrize("c", [0.01, 1.0])
def test_objective_is_scikit_learns(rows, c, few, monkeypatch):
    if few:
        monkeypatch.setattr(logistic, "CHOSEN_ON", 300)
    x, y = rows
    theirs, objective = scikit_learn(x, y, c)
    found = fit_logistic(x, y, c)
    assert objective - 1e-5 <= found.objective <= objective + 1e-4
    expected = theirs.predict(StandardScaler().fit_transform(x.astype(float)))
    assert np.mean(judge(found, x, y).predicted == expected) > 0.99
    assert found.names.tolist() == theirs.classes_.tolist()


def test_objective_is_scikit_learns_of_many_columns_by_several_threads():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 400)
    x = (rng.normal(size=(400, 200)) + 2 * np.eye(200)[y]).astype(np.float32)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = fit_logistic(x, y, 0.1)
    finally:
        torch.set_num_threads(before)
    assert found.objective == pytest.approx(scikit_learn(x, y, 0.1)[1], abs=1e-4)


@pytest.mark.parametrize(("name", "value"), [("_CURVATURES", 0), ("_LOGITS", 500)])
def test_neither_blocks_nor_units_move_the_optimum(rows, name, value, monkeypatch):
    x, y = rows
    plain = fit_logistic(x, y, 0.1)
    monkeypatch.setattr(log_loss, name, value)
    monkeypatch.setattr(logistic, "_ROTATED", 0 if value == 0 else 1024)
    assert fit_logistic(x, y, 0.1).objective == pytest.approx(plain.objective, abs=1e-4)


def test_two_classes_count_as_two_of_many():
    """Each has weights of its own, which halves the penalty of their difference."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    x = (rng.normal(size=(300, 4)) + y[:, None]).astype(np.float32)
    theirs = LogisticRegression(C=2.0, tol=1e-7).fit(StandardScaler().fit_transform(x.astype(float)), y)
    found = fit_logistic(x, y, 1.0)
    weight = (found.weight[1] - found.weight[0]) * x.std(axis=0)
    np.testing.assert_allclose(weight, theirs.coef_[0], atol=0.02)


@pytest.mark.parametrize(("signal", "small"), [(0.0, True), (3.0, False)])
def test_c_is_small_where_features_say_nothing(signal, small):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    x = (rng.normal(size=(300, 20)) + signal * np.eye(3, 20)[y]).astype(np.float32)
    assert (fit_logistic(x, y).c < 0.1) is small


# Of several classes its newton-cholesky fits one against the rest.
no_reference = pytest.mark.skipif(sklearn.__version__.startswith("1.5."), reason="scikit-learn 1.5 fits another model")


def held_out(x, y):
    """Mean log-loss of each C in the same folds, by converged fits of scikit-learn's."""
    order = logistic._drawn(y)
    rows, y = StandardScaler().fit_transform(x.astype(float))[order], y[order]
    fold, losses = np.arange(len(y)) % 3, []
    for c in logistic.GRID:
        model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-8, max_iter=1000)
        chances = [model.fit(rows[fold != k], y[fold != k]).predict_log_proba(rows[fold == k]) for k in range(3)]
        losses.append(np.concatenate([each[range(len(each)), y[fold == k]] for k, each in enumerate(chances)]).mean())
    return -np.array(losses)


@no_reference
def test_c_has_the_least_loss_held_out(rows):
    x, y = rows[0][:600], np.unique(rows[1][:600], return_inverse=True)[1]
    losses = held_out(x, y)
    assert losses[logistic.GRID.index(fit_logistic(x, y).c)] <= losses.min() + 1e-4


@no_reference
@pytest.mark.parametrize("held", [1 << 24, 2 * 5 * 21**2, 0], ids=["together", "one by one", "diagonals"])
@pytest.mark.parametrize(("far", "scale", "seed"), [(1, 1e3, 1), (1, 1e4, 1), (1, 1e4, 2), (5, 1e6, 2)])
def test_c_has_the_least_loss_held_out_where_a_few_rows_are_far(far, scale, seed, held, monkeypatch):
    """In units of all rows, folds that hold a far one out stop early, and C is up to 0.6 above the least."""
    monkeypatch.setattr(log_loss, "_CURVATURES", held)
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, 400)
    x = rng.normal(size=(400, 20)) + 0.4 * rng.normal(size=(5, 20))[y]
    where = rng.choice(400, far, replace=False)
    x[where] = scale * rng.normal(size=(far, 20))
    losses = held_out(x, y)
    assert losses[logistic.GRID.index(fit_logistic(x, y).c)] <= losses.min() + 1e-4


def test_c_is_chosen_on_a_share_of_each_class(monkeypatch):
    monkeypatch.setattr(logistic, "CHOSEN_ON", 100)
    label = np.repeat([0, 1, 2], [1000, 500, 500])
    drawn = logistic._drawn(label)
    assert np.bincount(label[drawn]).tolist() == [50, 25, 25]
    assert len(set(drawn.tolist())) == 100


def test_same_rows_same_fit(rows):
    one, other = fit_logistic(*rows), fit_logistic(*rows)
    np.testing.assert_array_equal(one.weight, other.weight)
    assert one.c == other.c


def test_a_class_of_one_row_and_equal_rows_are_no_failure():
    x = np.zeros((30, 3), np.float32)
    y = np.r_[np.zeros(20, int), np.ones(9, int), 5]
    assert set(judge(fit_logistic(x, y), x, y).predicted) == {0}
