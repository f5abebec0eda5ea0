"""The rule that tells classes from a real target."""

import numpy as np
import pandas as pd
import pytest

from embedbench.data.labels import encode_label
from embedbench.errors import UsageError


@pytest.mark.parametrize(
    ("values", "numbers", "names"),
    [
        (["b", "a", "b"], [1, 0, 1], ("a", "b")),
        ([10, 9, 10], [1, 0, 1], ("9", "10")),
        ([-1, 1, -1], [0, 1, 0], ("-1", "1")),
        ([True, False, True], [1, 0, 1], ("False", "True")),
        ([2.0, 10.0, 2.0], [0, 1, 0], ("2", "10")),
        (np.array([2, 10], np.float32), [0, 1], ("2", "10")),
        (pd.Categorical(["low", "high", "low"], categories=["low", "mid", "high"]), [0, 1, 0], ("low", "high")),
        (pd.array([3, 1, 3], dtype="Int64"), [1, 0, 1], ("1", "3")),
    ],
)
def test_classes(values, numbers, names):
    label, classes = encode_label(pd.Series(values), "auto")
    assert label.dtype == np.int64
    assert label.tolist() == numbers
    assert classes == names


def test_fractions_are_a_real_target():
    label, classes = encode_label(pd.Series([1.0, 2.5]), "auto")
    assert label.dtype == np.float64
    assert label.tolist() == [1.0, 2.5]
    assert classes == ()


def test_task_overrides_the_rule():
    assert encode_label(pd.Series([1, 2]), "regression")[1] == ()
    assert encode_label(pd.Series([1.5, 2.0]), "classification")[1] == ("1.5", "2")


def test_words_are_no_real_target():
    with pytest.raises(UsageError, match="regression label must be numbers, got 'red'"):
        encode_label(pd.Series([1, "red"], dtype=object), "regression")


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_label_must_be_finite(value):
    with pytest.raises(UsageError, match="1 values that are NaN or infinite"):
        encode_label(pd.Series([1.0, value]), "auto")
