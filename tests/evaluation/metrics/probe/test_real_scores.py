"""Standard errors of R² and RMSE are those of a bootstrap that computes them anew."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, r2_score

from embedbench.evaluation.metrics.probe.real_scores import real_scores


@pytest.mark.parametrize(("name", "theirs"), [("r2", r2_score), ("rmse", lambda t, p: mean_squared_error(t, p) ** 0.5)])
def test_errors_are_those_of_a_bootstrap(name, theirs):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=500)
    predicted = truth + rng.normal(size=500)
    values = real_scores(truth, predicted, 1.0)[name].values
    assert values.mean() == pytest.approx(theirs(truth, predicted), abs=1e-12)
    drawn = [theirs(truth[some], predicted[some]) for some in rng.integers(0, 500, (400, 500))]
    assert values.std(ddof=1) / np.sqrt(500) == pytest.approx(np.std(drawn), rel=0.12)


@pytest.mark.parametrize("off", [0.0, 1.0])
def test_a_constant_target(off):
    found = real_scores(np.ones(5), np.ones(5) + off, 2.0)
    assert found["r2"] == (off == 0)
    assert np.mean(found["mae"]) == np.mean(found["rmse"].values) == 2 * off
    assert "spearman" not in found
