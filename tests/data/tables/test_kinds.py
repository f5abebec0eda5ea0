"""What a column is taken for, against hand-made tables, and other tables brought to the same columns."""

import datetime
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from embedbench.data.tables.kinds import Column, recognise, refuse_other_readings, tidy
from embedbench.errors import UsageError


def cells(*values):
    return pd.DataFrame({"a": pd.Series(values, dtype=object)})


def read(frame, categorical=(), **how):
    columns, said = recognise(frame, categorical, **how)
    return tidy(frame, columns), said


def test_numbers_are_told_from_categories():
    raw = pd.DataFrame({
        "n": [1, 2], "b": [True, False], "s": ["u", None], "f": [1.5, np.nan], "k": [7, 8],
        "c": pd.Categorical(["u", "v"]), "i": pd.array([1, None], dtype="Int64"),
        "o": pd.array([True, None], dtype="boolean"), "w": pd.array(["u", None], dtype="string"),
    })  # fmt: skip
    table, said = read(raw, ["k"])
    assert list(table.columns) == list(raw.columns)
    assert list(table.select_dtypes("number").columns) == ["n", "f", "i"]
    assert table["b"].tolist() == ["True", "False"]
    assert table["k"].tolist() == ["7", "8"]
    gaps = {"n": 0, "b": 0, "s": 1, "f": 1, "k": 0, "c": 0, "i": 1, "o": 1, "w": 1}
    assert table.isna().sum().to_dict() == gaps
    assert said == ()


@pytest.mark.parametrize(
    ("values", "wanted", "note"),
    [
        (["1", " 2.5", "-3e2"], [1, 2.5, -300], None),
        (["1,000", "2,501.5", "7"], [1000, 2501.5, 7], "2 numbers read with commas as thousands"),
        (["0,5", "1,250", "2"], [0.5, 1.25, 2], "2 numbers read with commas as decimal points"),
        ([Decimal("1.5"), Decimal("NaN"), None], [1.5, np.nan, np.nan], None),
        ([1, "2", 3.5, Decimal(4)], [1, 2, 3.5, 4], None),
        (["20", "?", "NA", "n/a", "21"], [20, *[np.nan] * 3, 21], "3 values that say no number ('?', 'NA', 'n/a')"),
        (["20", "", "  ", None], [20, *[np.nan] * 3], None),
        ([2**60 + 1, None, 3], [float(2**60), np.nan, 3], "1 whole numbers beyond 2^53 are rounded to float64"),
        ([2**60 + 1, 0.5], [float(2**60), 0.5], "1 whole numbers beyond 2^53 are rounded to float64"),
        ([2.0**53, 2.0**54], [2.0**53, 2.0**54], "2 whole numbers beyond 2^53 are rounded"),  # 2^53 + 1 in a file
        ([str(2**60 + 1), "0.5", ""], [float(2**60), 0.5, np.nan], "1 whole numbers beyond 2^53 are rounded"),
        ([1e20, 0.5], [1e20, 0.5], None),
    ],
)
def test_texts_that_say_numbers_are_numbers(values, wanted, note):
    table, said = read(cells(*values))
    assert table["a"].dtype == np.float64
    np.testing.assert_array_equal(table["a"], wanted)
    assert len(said) == (note is not None)
    assert note is None or said[0].startswith(f"column 'a': {note}")


def test_commas_that_could_be_either_are_what_the_file_suggests():
    assert read(cells("1,500", "2,250"))[0]["a"].tolist() == [1500, 2250]
    assert read(cells("1,500", "2,250"), comma_is_decimal=True)[0]["a"].tolist() == [1.5, 2.25]


def test_whole_numbers_in_lists_that_are_rounded_are_noted():
    note = "column 'a': 2 whole numbers beyond 2^53 are rounded to float64"
    assert read(cells([2**60 + 1, 0.5], [2**60 + 2, None]))[1] == (note,)
    assert read(cells(f"[{2**60 + 1}, 0.5]", f"[{2**60 + 2}, 1]"))[1] == (note,)


def test_new_rows_with_a_point_among_decimal_commas_are_refused():
    columns, _ = recognise(cells("12,5", "0,5"))
    refuse_other_readings(cells("640.703", "7"), columns, comma_is_decimal=True)
    with pytest.raises(UsageError, match=r"column 'a' holds decimal commas, and '640\.703'; write numbers alike"):
        refuse_other_readings(cells("640.703", "0,7"), columns, comma_is_decimal=True)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([[1, 2], [3, 4.5], None], [[1, 2], [3, 4.5], [np.nan, np.nan]]),
        (["[1, 2]", "[3, null]", ""], [[1, 2], [3, np.nan], [np.nan, np.nan]]),
        ([np.ones(2), (1, "2"), [0, None]], [[1, 1], [1, 2], [0, np.nan]]),
    ],
)
def test_lists_become_a_column_of_numbers_an_element(values, wanted):
    frame = cells(*values)
    columns, said = recognise(frame)
    assert columns == [Column("a", "vector", length=2)]
    assert said == ()
    table = tidy(frame, columns)
    assert list(table.columns) == ["a[0]", "a[1]"]
    np.testing.assert_array_equal(table.to_numpy(), wanted)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, 2], [3]], "a list of 2 numbers in row 0 and of 1 in row 1"),
        ([[], []], "holds empty lists"),
        ([[1, "x"], [3, 4]], "must hold numbers, got 'x' in row 0"),
        ([[1, 2], 3], "holds a list; give one number, text or list"),
        ([{"x": 1}], "holds a dict; give one number"),
        ([1 + 2j], "holds a complex; give one number"),
        (["1", "2", "old"], "holds numbers and 1 values that can't be read as one, such as 'old'"),
        (["$5", "$6.50"], "holds numbers and 2 values that can't be read as one, such as '\\$5', '\\$6.50'"),
        (["1 000", "2 000,5"], "holds numbers and 2 values that can't be read"),
        (["1,5", "2.5,0", "3,5"], "such as '2.5,0'"),
        (["12,5", "640.703", "0,5", 3], "holds numbers and 1 values that can't be read as one, such as '640.703'"),
        ([1, 2, True], "such as True"),
        (["2020-01-31", "2020-02-01 10:00:00Z"], "holds dates"),
        (["31.1.2020", "1.2.2020"], "holds dates"),
        ([datetime.date(2020, 1, 1), None], "holds dates"),
        ([pd.Timestamp("2020-01-01")], "holds dates"),
        ([b"\xff", b"a"], "column 'a': .* bytes that aren't UTF-8"),
        (["\ud83d", "a"], "column 'a': .* half of a character"),
        ([1.0, np.inf], "infinite or beyond float32 in column 'a': 1"),
        ([10**400, 1], "infinite or beyond float32 in column 'a': 1"),
    ],
)
def test_what_is_no_feature_is_refused_by_name(values, message):
    with pytest.raises(UsageError, match=message) as error:
        read(cells(*values))
    assert "'a'" in str(error.value)


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "datetime64[ns, UTC]", "timedelta64[ns]", "period[D]"])
def test_dates_of_every_type_are_refused(dtype):
    values = pd.Series([0, 1]).astype("datetime64[ns]")
    made = values - values[0] if dtype.startswith("time") else values.dt.to_period("D") if dtype[0] == "p" else values
    with pytest.raises(UsageError, match="column 'a' holds dates"):
        recognise(pd.DataFrame({"a": made.dt.tz_localize("UTC") if "UTC" in dtype else made}))


def test_few_numbers_among_categories_are_said():
    table, said = read(cells("1", "x", "y", None))
    assert table["a"].tolist()[:3] == ["1", "x", "y"]
    assert said == ("column 'a': 1 of 3 values are numbers, read as categories like the others",)


def test_categories_are_as_written_but_one_name_for_one_thing():
    table, said = read(cells("cafe\u0301", "caf\u00e9", "null", " x"))
    assert table["a"].tolist() == ["caf\u00e9", "caf\u00e9", "null", "x"]
    assert said == (
        "column 'a': 1 values are called by composed Unicode (NFC), such as 'caf\u00e9'",
        "column 'a': 1 values are called by their name without blanks around it, such as 'x'",
    )


def test_another_table_is_brought_to_the_same_columns():
    columns, _ = recognise(pd.DataFrame({"n": ["1,5", "2"], "c": ["u", "7"], "v": [[1, 2], [3, 4]]}))
    columns = [Column(*found) for found in json.loads(json.dumps(columns))]
    other = pd.DataFrame({"more": [0], "v": ["[5, 6]"], "c": [7.0], "n": ["?"]})
    table = tidy(other, columns)
    assert list(table.columns) == ["n", "c", "v[0]", "v[1]"]
    assert table["c"].tolist() == ["7"]
    np.testing.assert_array_equal(table[["n", "v[0]", "v[1]"]], [[np.nan, 5, 6]])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"c": ["u"]}, "lacks the column 'n'; add it"),
        ({"n": ["old"], "c": ["u"]}, "column 'n' must hold numbers, got 'old' in row 0"),
        ({"n": [True], "c": ["u"]}, "column 'n' must hold numbers, got True in row 0"),
        ({"n": [1], "c": [[1]]}, "column 'c': a class or category must be a text, a number or a date, got list"),
        ({"n": [np.inf], "c": ["u"]}, "infinite or beyond float32 in column 'n': 1"),
    ],
)
def test_another_table_that_does_not_fit_is_refused_by_name(columns, message):
    with pytest.raises(UsageError, match=message):
        tidy(pd.DataFrame(columns), [Column("n", "number"), Column("c", "category")])


@pytest.mark.parametrize(("value", "got"), [([1, 2, 3], "3"), (4, "4"), ("x", "'x'")])
def test_another_table_needs_lists_of_the_same_length(value, got):
    with pytest.raises(UsageError, match=f"'v' must hold lists of 2 numbers, got {got} in row 0"):
        tidy(pd.DataFrame({"v": [value]}), [Column("v", "vector", length=2)])


@pytest.mark.parametrize(
    "values", [["[-1.375  1.998\n  0.947]", "[1. 2. nan]"], ["[-1.375, 1.998, 0.947]", "[1, 2, nan]"]]
)
def test_printed_arrays_are_vectors(values):
    table, said = read(cells(*values, None))
    np.testing.assert_array_equal(table, [[-1.375, 1.998, 0.947], [1, 2, np.nan], [np.nan] * 3])
    assert said == ()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (["1 2 3", "4 5 6"], "several numbers in a text, such as '1 2 3'"),
        (["(1, 2)", "(3, 4)", "NA"], r"several numbers in a text, such as '\(1, 2\)'"),
        (["1,2,3", "4,5,6", None], "several numbers in a text, such as '1,2,3'"),
        ([f"{i / 10} kg" for i in range(40)], "numbers with a unit, such as '0.0 kg'"),
        ([f"EUR {i}" for i in range(38)] + ["free", "EUR 0"], "numbers with a unit, such as 'EUR 0'"),
        (["2020-09", "2020-10", "NA"], "dates"),
        (["8 Jan 2020", "9 Feb 2020"], "dates"),
    ],
)
def test_numbers_and_dates_in_other_dress_are_no_categories(values, what):
    with pytest.raises(UsageError, match=f"column 'a' holds {what}"):
        read(cells(*values))
    assert read(cells(*values), ["a"])[0]["a"].dtype == object


@pytest.mark.parametrize(
    "values",
    [
        ["500 g", "1 kg", "2 kg"],
        [f"{i}{letter}" for i in range(10) for letter in "ABCDEF"],
        ["1 2", "red", "blue"],
        ["2020-09", "never"],
    ],
)
def test_sizes_codes_and_mixtures_are_categories(values):
    assert read(cells(*values))[0]["a"].tolist() == values
