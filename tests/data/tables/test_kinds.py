"""What a column is taken for, against hand-made tables, and other tables brought to the same columns."""

import datetime
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedbench.data.tables.kinds import Column, recognise, refuse_other_readings, tidy
from embedbench.errors import UsageError


def cells(*values):
    return pd.DataFrame({"a": pd.Series(values, dtype=object)})


def read(frame, categorical=(), **how):
    columns, said = recognise(frame, dict.fromkeys(categorical, "category"), **how)
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
        ([[1, 2], [3]], "a list of 2 elements in row 0 and of 1 in row 1"),
        ([[], []], "holds empty lists"),
        ([[1, "x"], [3, 4]], "must hold numbers, got 'x' in row 0"),
        ([[1, 2], 3], "holds a list; give one number, text or list"),
        ([{"x": 1}], "holds a dict; give one number"),
        ([1 + 2j], "holds a complex; give one number"),
        (["1", "2", "old"], "holds numbers and 1 values that can't be read as one, such as 'old'"),
        (["$5", "€6.50"], "holds numbers and 2 values that can't be read as one, such as '\\$5', '€6.50'"),
        (["€ 1.200", "€ 2.500"], "holds numbers and 2 values that can't be read as one, such as '€ 1.200'"),
        (["5 %", "6 %", *["7 %"] * 30, "8 %", "many"], "holds numbers and 34 values that can't be read as one"),
        (["1 000", "2 000,5"], "holds numbers and 2 values that can't be read"),
        (["1,5", "2.5,0", "3,5"], "such as '2.5,0'"),
        (["12,5", "640.703", "0,5", 3], "holds numbers and 1 values that can't be read as one, such as '640.703'"),
        ([1, 2, True], "such as True"),
        (["2020-01-31", "2020-02-01", "soon"], "holds dates and 1 values that can't be read as one, such as 'soon'"),
        (["1/31/2020", "31/1/2020", "2/1/2020"], "holds dates and 1 values that can't be read as one"),
        ([datetime.timedelta(1), None], "holds durations; turn them into numbers"),
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


DAYS = ["2024-01-31 10:00", "2024-02-29 22:30", None]


@pytest.mark.parametrize(
    "values",
    [
        DAYS,
        ["31.1.2024 10:00", "29.2.2024 22:30:00", "?"],
        ["1/31/2024 10:00 AM", "2/29/2024 10:30 pm", ""],
        ["31/01/2024, 10:00", "29/02/2024, 22:30", None],
        ["31 Jan 2024 10:00", "29 February 2024 22:30", None],
        ["20240131T1000", "20240229T223000Z", None],
        ["2024-01-31T11:00:00+01:00", "2024-02-29 21:30:00-0100", None],
        pd.to_datetime(pd.Series(DAYS)),
        pd.to_datetime(pd.Series(DAYS)).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        pd.to_datetime(pd.Series(DAYS)).dt.to_period("min"),
        [datetime.datetime(2024, 1, 31, 10), datetime.datetime(2024, 2, 29, 22, 30), None],
        [pd.Timestamp("2024-01-31 10:00"), np.datetime64("2024-02-29T22:30"), pd.NaT],
    ],
)
def test_dates_of_every_type_and_way_of_writing_are_the_same_seconds(values):
    frame = cells(*values) if isinstance(values, list) else pd.DataFrame({"a": values})
    columns, _ = recognise(frame)
    columns = [Column(*found) for found in json.loads(json.dumps(columns))]
    assert columns[0].kind == "date"
    np.testing.assert_array_equal(tidy(frame, columns)["a"], [1706695200, 1709245800, np.nan])


def test_which_number_is_the_day_shows_once_and_is_kept():
    columns, said = recognise(cells("1/2/2024", "13/2/2024"))
    assert (columns[0].written, said) == ("day_first", ())
    assert tidy(cells("2/1/2024"), columns)["a"].tolist() == [1704153600]  # 2 January
    unsure, (note,) = recognise(cells("1/2/2024", "3/2/2024"))
    assert unsure[0].written == "month_first"
    assert note == "column 'a': dates such as '1/2/2024' are read month first, since none says otherwise"
    with pytest.raises(UsageError, match="column 'a' must hold dates alike, got '13/2/2024' in row 0"):
        tidy(cells("13/2/2024"), unsure)


@pytest.mark.parametrize("values", [[20240131, 20240201], ["1706659200", "1706745600"], [1706659200000, 1706745600000]])
def test_numbers_are_dates_where_somebody_says_so(values):
    assert recognise(cells(*values))[0][0].kind == "number"
    columns, _ = recognise(cells(*values), {"a": "date"})
    assert tidy(cells(*values), columns)["a"].tolist() == [1706659200, 1706745600]


def test_what_is_asked_is_refused_where_it_is_not_so():
    with pytest.raises(UsageError, match="column 'a' must hold dates, as was asked, but holds 'x'; repair it"):
        recognise(cells("x", "y"), {"a": "date"})
    with pytest.raises(UsageError, match="column 'a' must hold numbers, as was asked, but holds 'x'; repair it"):
        recognise(cells("x", "y"), {"a": "number"})


def customers(rows=60):
    rng = np.random.default_rng(0)
    words = ["late", "paid", "called", "again", "about", "the", "invoice", "twice", "friendly", "in", "spite", "of"]
    return pd.DataFrame(
        {
            "number": np.arange(1000, 1000 + rows),
            "customer_id": rng.choice(10**6, rows, replace=False),
            "login": [f"user{i:03}" for i in range(rows)],
            "remark": [" ".join(rng.choice(words, 6)) if i % 3 else None for i in range(rows)],
            "country": "NO",
            "nothing": None,
            "city": rng.choice(["Oslo", "Bergen", "Bod\u00f8"], rows),
            "member": rng.choice(["yes", "no"], rows),
            "spent": rng.integers(0, 10**6, rows),
        }
    )


def test_what_is_no_feature_is_left_out_and_said():
    columns, said = recognise(customers(), path=Path("c.csv"))
    assert {column.name: column.kind for column in columns} == {
        "city": "category",
        "member": "category",
        "spent": "number",
    }
    assert said == (
        "columns 'number', 'customer_id', 'login': (nearly) each row has a value of its own, as an id or index does: "
        "left out; --data.numeric or --data.categorical [number] keeps it",
        "column 'remark': free text: left out; --data text --data.path c.csv --data.text remark embeds it, "
        "--data.categorical [remark] keeps it",
        "column 'country': the same value in each row: left out",
        "column 'nothing': no value at all: left out",
    )


def test_what_somebody_names_is_kept():
    asked = {"number": "number", "login": "category", "remark": "category", "country": "category"}
    columns, _ = recognise(customers(), asked)
    assert {column.name: column.kind for column in columns if column.name in asked} == asked
    everything, said = recognise(customers().drop(columns="nothing"), leave_out=False)
    assert ([column.name for column in everything], said) == ([*customers().drop(columns="nothing")], ())


def test_neither_order_nor_chance_makes_an_id():
    frame = pd.DataFrame({"year": range(1980, 1999), "half": [i // 2 for i in range(19)]})  # too few rows to say
    assert [column.kind for column in recognise(frame)[0]] == ["number", "number"]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sales": np.sort(rng.choice(10**5, 200, replace=False)), "time": np.arange(200) / 10})
    assert [column.kind for column in recognise(frame)[0]] == ["number", "number"]


def test_paths_of_images_that_are_there_are_left_out(tmp_path):
    (tmp_path / "a.JPG").touch()
    (tmp_path / "b.png").touch()
    frame = pd.DataFrame({"photo": ["a.JPG", "b.png"] * 3, "n": range(6)})
    columns, said = recognise(frame, path=tmp_path / "x.csv")
    assert [column.name for column in columns] == ["n"]
    assert said[0].startswith("column 'photo': paths of images: left out; --data image_folder")
    assert len(recognise(frame, path=tmp_path / "other" / "x.csv")[0]) == 2


@pytest.mark.parametrize(
    ("values", "wanted", "note"),
    [
        (["12 %", "7.5%", None, "n/a"], [12, 7.5, np.nan, np.nan], "holds per cent: '12 %' is read as 12"),
        (["€ 1.200,50", "€ 3.400", "€ 7,25"], [1200.5, 3400, 7.25], "holds €: '€ 1.200,50' is read as 1200.5"),
        (["1 200 kr", "35 kr"], [1200, 35], "holds kr: '1 200 kr' is read as 1200"),
        (["-$3", "$1,250.50", 4], [-3, 1250.5, 4], "holds $: '-$3' is read as -3"),
        ([f"{i / 2} kg" for i in range(40)], [i / 2 for i in range(40)], "holds kg: '0.0 kg' is read as 0"),
    ],
)
def test_numbers_beside_one_sign_are_numbers_and_said(values, wanted, note):
    table, said = read(cells(*values))
    np.testing.assert_array_equal(table["a"], np.array(wanted, np.float64))
    assert said[0] == f"column 'a' {note}"
    assert read(cells(*values), ["a"])[0]["a"].dtype == object  # as somebody may say


def test_new_rows_are_read_beside_the_same_sign():
    columns, _ = recognise(cells("€ 1.200,50", "€ 3,25"))
    assert tidy(cells("€ 4.500", "7,5", "8 €", None), columns)["a"].tolist()[:3] == [4500, 7.5, 8]
    refuse_other_readings(cells("€ 4.500,00", "€ 7"), columns, comma_is_decimal=True)
    with pytest.raises(UsageError, match=r"column 'a' must hold numbers, got '\$3' in row 0; repair it"):
        tidy(cells("$3"), columns)
    with pytest.raises(UsageError, match=r"holds '1,200', which the run reads as 1\.2, but by the rule of its file"):
        refuse_other_readings(cells("€ 1,200"), columns, comma_is_decimal=False)


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (["high", "low", "medium", None] * 3, ("low", "medium", "high")),
        (["L", "M", "XL", "M"], ("M", "L", "XL")),
        (["Never", "often", "Sometimes"], ("Never", "Sometimes", "often")),
        (["very_low", "low", "very high"], ("very_low", "low", "very high")),
        (["5 stars", "1 star", "3 stars"], ("1 star", "3 stars", "5 stars")),
        (pd.Categorical(["b", "a", "c", "a"], ["c", "b", "a", "z"], ordered=True), ("c", "b", "a")),
        (pd.Categorical([3, 1, 3], [3, 2, 1], ordered=True), ("3", "1")),
    ],
)
def test_categories_of_a_known_order_are_one_number(values, levels):
    frame = pd.DataFrame({"a": values})
    (column,), said = recognise(frame)
    assert (column.kind, column.levels) == ("ordinal", levels)
    assert said == (f"column 'a': ordinal, {' < '.join(levels)}, read as 0 to {len(levels) - 1}",)
    codes = [np.nan if value is None else float(levels.index(str(value))) for value in values]
    np.testing.assert_array_equal(tidy(frame, [column])["a"], codes)
    assert recognise(frame, {"a": "category"})[0][0].kind == "category"


@pytest.mark.parametrize(
    "values",
    [
        ["low", "high"],
        ["low", "medium", "high", "unknown"],
        ["low", "Low", "medium", "high"],
        ["red", "green", "blue"],
        ["A", "B", "C", "D"],
        pd.Categorical(["low", "b", "c"], ["low", "b", "c"]),
        pd.Categorical(["a", "a", None, "a", "b"], ["a", "b"], ordered=False),
    ],
)
def test_other_categories_have_no_order(values):
    assert [column.kind for column in recognise(pd.DataFrame({"a": values}), leave_out=False)[0]] == ["category"]


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
        ([f"{i} {'kg' if i % 2 else 'g'}" for i in range(40)], "numbers with a unit, such as '0 g'"),
        (
            [f"EUR {i}" for i in range(38)] + ["free", "EUR 0"],
            "numbers and 1 values that can't be read as one, such as",
        ),
    ],
)
def test_numbers_in_other_dress_are_no_categories(values, what):
    with pytest.raises(UsageError, match=f"column 'a' holds {what}"):
        read(cells(*values))
    assert read(cells(*values), ["a"])[0]["a"].dtype == object


@pytest.mark.parametrize(
    "values",
    [
        ["500 g", "1 kg", "2 kg"],
        [f"{i}{letter}" for i in range(10) for letter in "ABCDEF"] * 2,
        ["1 2", "red", "blue"],
        ["2020-09", "never"],
    ],
)
def test_sizes_codes_and_mixtures_are_categories(values):
    assert read(cells(*values))[0]["a"].tolist() == values
