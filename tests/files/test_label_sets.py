"""Cells that list labels, texts that a separator splits, and arrays of 0 and 1, all as the same sets of names."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MultiLabelBinarizer

from embedbench.errors import UsageError
from embedbench.files.label_sets import (
    cells_of_sets,
    holds_lists,
    indicated,
    label_sets,
    multi_hot,
    set_names,
    split_texts,
)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([["b", "a"], [], ["a", "a"]], [("a", "b"), (), ("a",)]),
        ([np.array([3, 10]), np.array([3])], [("10", "3"), ("3",)]),
        ([(1.0, True), ("1", " x ")], [("1", "True"), ("1", "x")]),
        (['["b", "a"]', "['c']", "[]"], [("a", "b"), ("c",), ()]),
        ([["Cafe\u0301"], ["Caf\u00e9"]], [("Caf\u00e9",), ("Caf\u00e9",)]),
    ],
)
def test_lists_of_any_kind_are_sets_of_names(cells, expected):
    column = pd.Series(cells, dtype=object)
    assert holds_lists(column)
    assert label_sets(column, "the label").tolist() == expected


@pytest.mark.parametrize("cells", [["a;b", "a"], [["a"], "a"], [None, None], ["[unknown]", "[other]"], [1, 2]])
def test_other_cells_are_no_lists(cells):
    assert not holds_lists(pd.Series(cells, dtype=object))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([["a", None], ["b"]], "lists a label that is missing"),
        ([["a", " "], ["b"]], "lists a label that is missing"),
        ([[1, 0.5]], "lists 0.5, and a number with a fraction names no label"),
        ([[0, 1, 0], [1, 1, 0]], "holds lists of 0 and 1, one a label; list the names"),
        ([[["a"]]], "must be a text, a number or a date, got list"),
    ],
)
def test_what_is_no_label_is_refused(cells, said):
    with pytest.raises(UsageError, match=said):
        label_sets(pd.Series(cells, dtype=object), "the label")


def test_missing_cells_are_refused_where_each_row_needs_some():
    with pytest.raises(UsageError, match="label holds 2 missing values; drop those rows, or give empty lists"):
        cells_of_sets(pd.Series([["a"], None, np.nan], dtype=object), "label")


def test_texts_are_split_and_blanks_are_none():
    found = split_texts(pd.Series([" b ;a;; ", ";", None, "", "c", 7]), ";").tolist()
    assert found == [["b", "a"], None, None, None, ["c"], ["7"]]


@pytest.mark.parametrize("kind", [np.uint8, bool, float])
def test_arrays_say_the_same_as_scikit_learn(kind):
    hot = (np.random.default_rng(0).random((50, 12)) < 0.2).astype(kind)
    sets = indicated(hot, "y")
    names = set_names(sets)
    assert names == tuple(str(number) for number in np.flatnonzero(hot.any(axis=0)))  # as numbers: 2 before 10
    theirs = MultiLabelBinarizer(classes=names).fit_transform(sets)
    np.testing.assert_array_equal(multi_hot(sets, names), theirs)
    np.testing.assert_array_equal(theirs, hot[:, hot.any(axis=0)])


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.ones((3, 1), int), r"\(rows, labels\) of 0 and 1, got \(3, 1\)"),
        (np.full((3, 2), 2), "must hold 0 and 1 alone"),
        (np.full((3, 2), np.nan), "must hold 0 and 1 alone"),
        (np.array([["a", "b"]]), "must hold 0 and 1 alone"),
    ],
)
def test_other_arrays_are_refused(array, said):
    with pytest.raises(UsageError, match=said):
        indicated(array, "y")
