"""Columns that repeat the label."""

import numpy as np
import pandas as pd
import pytest

from embedbench.data.tables.copies import without_copies
from embedbench.errors import UsageError

LABEL = np.array([0, 1, 0, 1, 2, 2])
CLASSES = ("7", "8", "u")


def told(values, label=LABEL, classes=CLASSES):
    frame = pd.DataFrame({"a": range(6), "b": pd.Series(values)})
    kept, said = without_copies(frame, label, classes)
    return "b" in kept, said


@pytest.mark.parametrize("values", [["7", "8", "7", "8", "u", "u"], [7, 8.0, "7", "8", " u", b"u"]])
def test_a_copy_of_the_label_is_left_out(values):
    assert told(values) == (False, ("column 'b' repeats the label in every row: left out",))


@pytest.mark.parametrize(
    "values",
    [[3, 5, 3, 5, 9, 9], list("788877"), [[1]] * 6, ["7", "8", "7", "8", "u", "v"], ["7", "8", "7", "8", "u", None]],
)
def test_others_stay_without_a_word(values):
    assert told(values) == (True, ())


def test_a_copy_of_a_real_target_is_left_out():
    target = np.array([0.5, 1, 2, 3, 4, 5])
    assert told(["0.5", "1.0", "2", "3", "4", "5"], target, ())[0] is False
    assert told([0.5, 1, 2, 3, 4, 6], target, ()) == (True, ())


def test_without_labels_nothing_is_looked_for():
    assert told(LABEL, None, ()) == (True, ())


def test_a_table_of_copies_alone_is_refused():
    with pytest.raises(UsageError, match="no feature is left beside 'b', which repeats the label"):
        without_copies(pd.DataFrame({"b": ["7", "8"]}), np.array([0, 1]), ("7", "8"))


def test_a_copy_with_commas_is_read_as_its_column_is():
    target = np.array([1.25, 0.5, 2, 3, 4, 5])
    cells = ["1,250", "0,5", "2", "3", "4", "5"]
    assert told(cells, target, ())[0] is False
    frame = pd.DataFrame({"a": [1, 2], "b": ["1,250", "2,500"]})
    for is_decimal, kept in ((True, ["a"]), (False, ["a", "b"])):
        found, _ = without_copies(frame, np.array([1.25, 2.5]), (), comma_is_decimal=is_decimal)
        assert found.columns.tolist() == kept
