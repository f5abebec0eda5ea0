"""Means over hidden elements, not over rows."""

import numpy as np
import pytest

from embedbench.evaluation.metrics.masked import masked
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery, Rows

SAID = {
    "loss": np.array([3.0, 1.0]),
    "baseline": np.array([4.0, 6.0]),
    "hidden": np.array([3.0, 1.0]),
    "right": np.array([1.0, 0.0]),
    "choices": np.array([2.0, 0.0]),
}
Z = np.array([[0.0, 1.0], [0.3, 1.0]], np.float32)


def scored(**said):
    rows = Rows(Z, scores={"masked": {**SAID, **said}})
    return masked(EmbeddingSpace(Gallery(Rows(Z)), rows, EvaluationSettings(1, 1, 0)))


def test_means_are_over_all_hidden_elements():
    assert scored() == {"loss": 1, "baseline": 2.5, "accuracy": 0.5}


def test_accuracy_is_left_out_where_no_choice_is_hidden():
    assert scored(choices=np.zeros(2)) == {"loss": 1, "baseline": 2.5}


def test_nothing_is_said_where_nothing_is_hidden():
    assert scored(hidden=np.zeros(2)) == {}
    assert masked(EmbeddingSpace(Gallery(Rows(Z)), Rows(Z), EvaluationSettings(1, 1, 0))) == {}


@pytest.mark.parametrize(("name", "better"), [("loss", "lower"), ("baseline", "none"), ("accuracy", "higher")])
def test_directions(name, better):
    assert masked.measures[name].better == better
