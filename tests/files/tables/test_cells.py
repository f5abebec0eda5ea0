"""What single cells say."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from embedbench.files.tables.cells import (
    almost_number,
    by_value,
    how_written,
    is_missing,
    missing,
    to_float,
    to_list,
)


@pytest.mark.parametrize(
    ("text", "plain", "thousands", "decimal"),
    [
        ("12", 12, 12, 12),
        (" -0.5e3 ", -500, -500, -500),
        ("1,000", None, 1000, 1),
        ("-12,345,678.25", None, -12345678.25, None),
        ("0,5", None, None, 0.5),
        (",5", None, None, 0.5),
        ("1,5e3", None, None, 1500),
        ("1_000", None, None, None),
        ("\uff11", None, None, None),
        ("nan", None, None, None),
        ("0x10", None, None, None),
        ("inf", np.inf, np.inf, np.inf),
        ("", None, None, None),
    ],
)
def test_numbers_by_their_way_of_writing(text, plain, thousands, decimal):
    assert [to_float(text, how) for how in ("plain", "thousands", "decimal_comma")] == [plain, thousands, decimal]


def test_values_that_are_numbers():
    values = [1, 2.5, np.int8(3), Decimal("0.1"), 10**400, -(10**400), True, b"1", None]
    assert [to_float(value) for value in values] == [1, 2.5, 3, 0.1, np.inf, -np.inf, None, None, None]


@pytest.mark.parametrize(
    ("texts", "comma_is_decimal", "wanted"),
    [
        (["1", "2.5"], False, "plain"),
        (["1,000", "7"], False, "thousands"),
        (["1,000", "7"], True, "decimal_comma"),
        (["1,000", "1,000,000"], True, "thousands"),
        (["1,000", "0,5"], False, "decimal_comma"),
        (["red, green"], False, "plain"),
    ],
)
def test_how_a_column_is_written(texts, comma_is_decimal, wanted):
    assert how_written(texts, comma_is_decimal=comma_is_decimal) == wanted


def test_missing_cells_of_every_type():
    gone = [None, np.nan, np.float32("nan"), pd.NaT, pd.NA, np.datetime64("NaT"), Decimal("NaN"), "", " ", np.ma.masked]
    there = [0, False, "nan", "None", Decimal(0), [None], np.array([np.nan, 1]), b"", datetime.date(2020, 1, 1)]
    assert [is_missing(value) for value in gone] == [True] * len(gone)
    assert [is_missing(value) for value in there] == [False] * len(there)
    column = pd.Series([*gone[:-1], *there], dtype=object)
    assert missing(column).tolist() == [True] * (len(gone) - 1) + [False] * len(there)
    assert missing(pd.Series(["", None, "x"], dtype="string")).tolist() == [True, True, False]
    assert missing(pd.Series(pd.Categorical(["", None, "x"]))).tolist() == [True, True, False]


def test_what_is_almost_a_number():
    assert all(almost_number(text) for text in ("$5", "12 %", "1 000", "1'000,5", "1.000,50", "\u20ac\u00a03,5"))
    of_others = ("1.5D+03", "-2d-1", ".5d2", "\u0661\u0662", "\uff11\uff0e\uff15", "\u22125")  # other scripts' too
    assert all(almost_number(text) for text in of_others)
    words = ("1A", "A1", "10-20", "1.2.3", "3/4", "x", "2D1", "3d", "\u4e00", "\u00e9")
    assert not any(almost_number(text) for text in words)


def test_functions_of_values_tell_types_apart():
    seen = []
    values = [1, 1.0, True, "1", 1, [1], [1]]
    assert by_value(values, lambda value: seen.append(value) or type(value).__name__) == [
        *("int", "float", "bool", "str", "int", "list", "list")
    ]
    assert len(seen) == 6  # the second 1 isn't asked again


def test_lists():
    assert to_list("[1, 2.5]") == [1, 2.5]
    assert to_list(np.array([1, 2])) == [1, 2]
    assert to_list((1,)) == [1]
    assert to_list("[-1.375  2.\n  1e-3 ]") == [-1.375, 2, 0.001]
    assert np.isnan(to_list("[nan, 1.0]")[0])
    assert [to_list(text) for text in ("[1 2", "[1 ... 2]", "[a b]", "[1,,2]", "[[1 2]\n [3 4]]", "[1 2]]")] == [
        None
    ] * 6
    assert [to_list(value) for value in ("[1", "1", 1, None, {"a": 1})] == [None] * 5
