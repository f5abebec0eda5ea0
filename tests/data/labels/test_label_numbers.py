"""The rule that tells classes from a real target."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from embedbench.data.labels.label_numbers import encode_label, has_label, label_notes
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
        (["10", "9", "10"], [1, 0, 1], ("9", "10")),
        (["7", "007", "8"], [1, 0, 2], ("007", "7", "8")),
        (["1.5", "007"], [0, 1], ("1.5", "007")),
        (["e\u0301", "\u00e9", "b "], [1, 1, 0], ("b", "\u00e9")),
        ([1, "1", 1.0, True], [0, 0, 0, 1], ("1", "True")),
        ([b"x", "x", b"y"], [0, 0, 1], ("x", "y")),
        ([Decimal("2.0"), Decimal(10)], [0, 1], ("2", "10")),
        ([2**60, 2**60 + 1, 2**70], [0, 1, 2], (str(2**60), str(2**60 + 1), str(2**70))),
        (["null", "None", "nan"], [2, 0, 1], ("None", "nan", "null")),
        (pd.to_datetime(["2020-01-02", "2020-01-01"]), [1, 0], ("2020-01-01", "2020-01-02")),
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


@pytest.mark.parametrize(
    "values",
    [["1", "2.5"], [Decimal("1"), Decimal("2.5")], ["1,000.5", "2"], ["0,5", "1"], [1e300, 2e300], [1e16, 1.0]],
)
def test_numbers_with_fractions_or_beyond_exactness_are_a_real_target(values):
    label, classes = encode_label(pd.Series(values, dtype=object if isinstance(values[0], str) else None), "auto")
    assert classes == ()
    numbers = [float(str(value).replace("1,000.5", "1000.5").replace("0,5", "0.5")) for value in values]
    assert label.tolist() == numbers


def test_a_real_target_keeps_its_digits():
    target = 1e7 + np.arange(5) / 1024
    assert encode_label(pd.Series(target), "auto")[0].tolist() == target.tolist()
    assert encode_label(pd.Series(target.astype(str)), "auto")[0].tolist() == target.tolist()


def test_a_real_target_with_a_word_in_it_is_refused():
    with pytest.raises(UsageError, match="numbers with fractions, but also 'high'; repair it, or set task"):
        encode_label(pd.Series(["1.5", "2.5", "high"]), "auto")
    assert encode_label(pd.Series(["1.5", "2.5", "high"]), "classification")[1] == ("1.5", "2.5", "high")


@pytest.mark.parametrize("value", [["x", "cat"], {"a": 1}, b"\xff", "\ud83d"])
def test_what_is_no_class_is_refused(value):
    with pytest.raises(UsageError, match="the label can't be used: a "):
        encode_label(pd.Series([value, "x"], dtype=object), "auto")


@pytest.mark.parametrize(
    ("values", "there", "said"),
    [
        (["a", None, "", " ", "nan"], [True, False, False, False, True], "3 rows without a label left out"),
        ([1.5, np.nan], [True, False], "1 rows without a label left out"),
        ([np.datetime64("2020-01-01"), pd.NaT], [True, False], "1 rows without a label left out"),
        (pd.array([True, None], dtype="boolean"), [True, False], "1 rows without a label left out"),
        (pd.Categorical(["a", None]), [True, False], "1 rows without a label left out"),
        ([Decimal("NaN"), Decimal(1)], [False, True], "1 rows without a label left out"),
        (
            ["1", "NA", "?", None, "2"],
            [True, False, False, False, True],
            "3 rows without a label left out ('?', 'NA' among numbers counts as missing)",
        ),
        (["1", "2"], [True, True], None),
    ],
)
def test_missing_labels_are_counted(values, there, said):
    found, notes = has_label(pd.Series(values))
    assert found.tolist() == there
    assert notes == ((said,) if said else ())


def test_notes_of_classes_alone():
    values = pd.Series(["a ", "b"])
    assert label_notes(values, ("a", "b")) == (
        "label: 1 values are called by their name without blanks around it, such as 'a'",
    )
    assert label_notes(values, ()) == ()


@pytest.mark.parametrize("gap", [None, pd.NaT, np.datetime64("NaT"), "", pd.NA])
def test_missing_labels_are_no_class(gap):
    with pytest.raises(UsageError, match="the label holds 2 missing values; drop those rows or fill them in"):
        encode_label(pd.Series(["a", gap, gap], dtype=object), "auto")
    with pytest.raises(UsageError, match="the label holds 1 missing values"):
        encode_label(pd.Series(np.array(["2020-01-01", "NaT"], "M8[D]")), "classification")


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


def test_commas_are_thousands_or_decimal_as_the_file_has_them():
    cells = pd.Series(["1,250", "2,500"])
    assert encode_label(cells, "auto")[1] == ("1,250", "2,500")
    assert encode_label(cells, "regression")[0].tolist() == [1250, 2500]
    for task in ("auto", "regression"):
        label, classes = encode_label(cells, task, comma_is_decimal=True)
        assert (label.tolist(), classes) == ([1.25, 2.5], ())
    assert encode_label(cells, "classification", comma_is_decimal=True)[1] == ("1,250", "2,500")
