"""Standard errors of what is no mean over rows are those of a bootstrap that computes it anew."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from embedbench.evaluation.metrics.probe.class_scores import balanced_accuracy, macro_f1


def peer(truth, predicted, score):
    return score(truth, predicted, average="macro", labels=np.unique(truth))


@pytest.mark.parametrize(("ours", "theirs"), [(balanced_accuracy, recall_score), (macro_f1, f1_score)])
def test_errors_are_those_of_a_bootstrap(ours, theirs):
    rng = np.random.default_rng(0)
    truth = rng.choice(3, 600, p=[0.7, 0.2, 0.1])
    predicted = np.where(rng.random(600) < 0.7, truth, rng.choice(4, 600))  # class 3 is no query's
    values = ours(predicted, truth).values
    assert values.mean() == pytest.approx(peer(truth, predicted, theirs), abs=1e-12)
    drawn = [peer(truth[some], predicted[some], theirs) for some in rng.integers(0, 600, (150, 600))]
    assert values.std(ddof=1) / np.sqrt(600) == pytest.approx(np.std(drawn), rel=0.15)


def test_perfect_predictions_of_unbalanced_classes_have_no_error():
    truth = np.repeat([0, 1], [90, 10])
    assert balanced_accuracy(truth, truth).values == pytest.approx(1)
    assert macro_f1(truth, truth).values == pytest.approx(1)
