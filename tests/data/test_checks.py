"""Bad data are named: column, count, row."""

import numpy as np
import pytest

from embedbench.data import checks
from embedbench.errors import UsageError


def test_good_numbers_pass():
    checks.finite(np.array([[1.0, -3e38]]))
    checks.finite(np.array([[1, 2]]))
    checks.finite(np.array([[1.0, np.nan]]), missing=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_a_bad_value_is_counted_by_column(value):
    x = np.zeros((5, 4))
    x[[1, 3], 2] = value
    with pytest.raises(UsageError, match=r"in column 2 \(counted from 0\): 2; repair"):
        checks.finite(x)
    with pytest.raises(UsageError, match="in column 'c': 2;"):
        checks.finite(x, list("abcd"))


def test_many_bad_columns_are_cut_short():
    with pytest.raises(UsageError, match=r"column 4 \(counted from 0\): 1 and 3 more columns"):
        checks.finite(np.full((1, 8), np.inf))


def test_infinite_beside_missing_is_counted_alone():
    with pytest.raises(UsageError, match="infinite or beyond float32 in column 'a': 1;"):
        checks.finite(np.array([[np.nan], [np.inf]]), ["a"], missing=True)


def test_bad_pixels_are_counted_by_row():
    x = np.zeros((5, 1, 2, 2))
    x[3] = np.nan
    with pytest.raises(UsageError, match="4 values are NaN, infinite or beyond float32 in 1 rows, the first is row 3"):
        checks.finite(x)


@pytest.mark.parametrize(
    ("rows", "label", "message"),
    [
        (0, None, "no rows"),
        (3, np.zeros(2), r"shape \(3,\), one for each row of x, got \(2,\)"),
        (2, np.zeros((2, 1)), r"got \(2, 1\)"),
        (3, np.array([0, np.nan, np.inf]), "2 values that are NaN or infinite"),
    ],
)
def test_bad_labels(rows, label, message):
    with pytest.raises(UsageError, match=message):
        checks.check_labels(rows, label)


def test_one_class():
    checks.two_classes(np.array([0, 2]), ("a", "b", "c"))
    with pytest.raises(UsageError, match="one class only, 'b'"):
        checks.two_classes(np.array([1, 1]), ("a", "b"))
