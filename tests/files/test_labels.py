"""Labels from anywhere: what is missing, what is a number, and what a class is called."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from embedbench.errors import UsageError
from embedbench.files.labels import as_column, labels_of_cells, plain_labels


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["a", "b"], ["a", "b"]),
        ([1, 2], [1, 2]),
        ([True, False], [True, False]),
        ([1, 2.5], [1.0, 2.5]),
        ([1, "1"], ["1", "1"]),
        ([1, True], ["1", "True"]),
        ((2**70, 1), [str(2**70), "1"]),
        (np.array([1, 2], np.uint8), [1, 2]),
        (np.array([0.5, 1], np.float16), [0.5, 1.0]),
        (np.array(["x", "y"]), ["x", "y"]),
        (np.array([b"x", "\u00e9".encode()]), ["x", "\u00e9"]),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), ["2020-01-01", "2020-01-02"]),
        (np.array(["2020-01-01", "2020-01-02"], "M8[ns]"), ["2020-01-01", "2020-01-02"]),
        ([datetime.date(2020, 1, 1), "x"], ["2020-01-01", "x"]),
        (np.ma.masked_array([1, 2], [False, False]), [1, 2]),
        (pd.Series(["e\u0301"]), ["\u00e9"]),
        (pd.Series([3, 4], index=[7, 7]), [3, 4]),
        (pd.Index([3, 4]), [3, 4]),
        (pd.Categorical(["u", "v"]), ["u", "v"]),
        (pd.Categorical([3, 4]), [3, 4]),
        (pd.array([1, 2], dtype="Int64"), [1, 2]),
        (pd.array([True, False], dtype="boolean"), [True, False]),
        (pd.array(["u", "v"], dtype="string"), ["u", "v"]),
        (pa.array(["u", "v"]), ["u", "v"]),
        (pa.chunked_array([[1], [2]]), [1, 2]),
        (pa.array(["u", "v"]).dictionary_encode(), ["u", "v"]),
        (torch.tensor([1, 2]), [1, 2]),
        ([torch.tensor(1), torch.tensor(2)], [1, 2]),
        ([Decimal("1.5"), Decimal(2)], [1.5, 2.0]),
    ],
)
def test_labels_of_every_type(values, wanted):
    found = plain_labels(as_column(values), "label")
    assert found.tolist() == wanted
    assert {type(value) for value in found.tolist()} == {type(value) for value in wanted}


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        (["a", float("nan"), None], 2),
        (["a", ""], 1),
        (np.array(["2020-01-01", "NaT"], "M8[D]"), 1),
        (np.ma.masked_equal([0, 1, 2, 2], 2), 2),
        (np.ma.masked_array(["u", "v"], [True, False]), 1),
        (pd.Series(["u", None], dtype="string"), 1),
        (pd.Series([True, None], dtype="boolean"), 1),
        (pd.Series([1, None], dtype="Int64"), 1),
        (pd.Categorical(["u", None]), 1),
        (pa.array(["u", None]), 1),
        (pa.array([True, None]), 1),
        ([pd.NaT, "u"], 1),
        ([Decimal("NaN"), Decimal(1)], 1),
    ],
)
def test_missing_labels_are_refused_with_their_number(values, gone):
    with pytest.raises(UsageError, match=f"label holds {gone} missing values; drop those rows or fill them in"):
        plain_labels(as_column(values), "label")


@pytest.mark.parametrize(("values", "shape"), [(np.zeros((2, 1)), r"\(2, 1\)"), (3, r"\(\)")])
def test_labels_have_one_axis(values, shape):
    with pytest.raises(UsageError, match=rf"labels must have shape \(rows,\), got {shape}"):
        as_column(values)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["10", "9"], [10, 9]),
        (["1,000", "9"], ["1,000", "9"]),
        (["+1", "1", "-1"], ["+1", "1", "-1"]),
        (["-0", "0", "-5"], [0, 0, -5]),
        (["1.0", "2"], [1.0, 2.0]),
        (["0.5", "2"], [0.5, 2.0]),
        (["007", "7"], ["007", "7"]),
        (["True", "False"], [True, False]),
        (["u", "True"], ["u", "True"]),
        ([str(2**60 + 1), "1"], [2**60 + 1, 1]),
        ([1, 2], [1, 2]),
    ],
)
def test_texts_of_a_file_that_say_numbers_are_numbers(cells, wanted):
    found = labels_of_cells(pd.Series(cells), "label").tolist()
    assert found == wanted
    assert {type(value) for value in found} == {type(value) for value in wanted}


@pytest.mark.parametrize(
    ("cells", "thousands", "decimal"),
    [
        (["1,250", "2,500"], ["1,250", "2,500"], [1.25, 2.5]),
        (["1,000", "2,000"], ["1,000", "2,000"], [1.0, 2.0]),
        (["1,000,000", "2,500"], ["1,000,000", "2,500"], ["1,000,000", "2,500"]),
        (["1", "2"], [1, 2], [1, 2]),
    ],
)
def test_commas_of_labels_are_as_their_file_writes_them(cells, thousands, decimal):
    for is_decimal, wanted in ((False, thousands), (True, decimal)):
        found = labels_of_cells(pd.Series(cells), "label", comma_is_decimal=is_decimal).tolist()
        assert found == wanted
        assert {type(value) for value in found} == {type(value) for value in wanted}


def test_a_point_among_decimal_commas_is_refused():
    with pytest.raises(UsageError, match=r"the labels hold decimal commas, and '640\.703'; write numbers alike"):
        labels_of_cells(pd.Series(["12,5", "640.703", "3"]), "label")
    names = ["12,5", "640.703", "v3"]
    assert labels_of_cells(pd.Series(names), "label").tolist() == names


def test_words_for_missing_numbers_are_missing_labels():
    with pytest.raises(UsageError, match="label holds 2 missing"):
        labels_of_cells(pd.Series(["1", "NA", "?"]), "label")
