"""Encoding of table columns against hand-made numbers."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from embedbench.data.tables.column_codes import Columns, features, notes
from embedbench.data.tables.column_codes import encode_columns as fit_columns
from embedbench.data.tables.kinds import recognise
from embedbench.data.tables.kinds import tidy as to_columns
from embedbench.errors import UsageError


def frame(**columns):
    return pd.DataFrame(columns)


def recognised(table):
    return recognise(table, leave_out=False)[0]


def tidy(table):
    return to_columns(table, recognised(table))


def encode_columns(table):
    return fit_columns(table, recognised(table))


def test_numbers_take_median_mean_and_deviation_of_train():
    train = tidy(frame(a=[1.0, 2.0, np.nan, 9.0]))
    filled = np.array([1, 2, 2, 9])  # the median is 2, the mean of what is there 4
    encode = encode_columns(train)
    np.testing.assert_allclose(encode(train)[:, 0], (filled - filled.mean()) / filled.std(), rtol=1e-12)
    other = encode(tidy(frame(a=[np.nan, 100.0])))[:, 0]
    np.testing.assert_allclose(other, (np.array([2, 100]) - filled.mean()) / filled.std(), rtol=1e-12)


def test_words_become_one_column_a_category_and_missing_is_one():
    encode = encode_columns(tidy(frame(a=["x", "y", None, "x"])))
    coded = encode(tidy(frame(a=["x", "y", None, "new"])))
    assert coded.shape == (4, 3)
    assert coded.sum(1).tolist() == [1, 1, 1, 0]  # what train never had is all 0
    assert len({tuple(row) for row in coded}) == 4


def test_a_category_called_missing_is_not_the_missing_one():
    assert encode_columns(tidy(frame(a=["missing", None, "nan"])))(tidy(frame(a=["missing"]))).shape == (1, 3)


def test_rare_categories_share_the_fiftieth_column():
    words = [f"w{i:02}" for i in range(60)] + [f"w{i:02}" for i in range(49)]
    encode = encode_columns(tidy(frame(a=words)))
    coded = encode(tidy(frame(a=["w00", "w48", "w49", "w59", "new"])))
    assert coded.shape == (5, 50)
    assert coded.sum(1).tolist() == [1] * 5
    assert encode_columns(tidy(frame(a=words))).categories == (50,)
    assert coded[2].tolist() == coded[3].tolist() == coded[4].tolist() != coded[1].tolist()


def test_numbers_and_words_side_by_side():
    train = tidy(frame(w=["x", "y"], n=[0.0, 2.0]))
    assert encode_columns(train)(train).tolist() == [[-1, 1, 0], [1, 0, 1]]


def test_codes_are_the_last_columns_and_their_widths_are_said():
    train = tidy(frame(w=["x", "y", None], n=[0.0, 2.0, 1.0], v=["p", "p", "q"]))
    encode = encode_columns(train)
    assert encode.categories == (3, 2)
    assert (encode(train)[:, 1:4].sum(1) == 1).all()
    assert (encode(train)[:, 4:].sum(1) == 1).all()
    assert encode_columns(train[["n"]]).categories == ()


def test_notes_say_what_is_filled_and_merged():
    raw = frame(
        a=[np.nan] * 3 + [1.0] * 57, w=[None] + [f"w{i}" for i in range(59)], z=[1] * 60, v=[None] + [[1, 2]] * 59
    )
    columns = recognised(raw)
    assert notes(to_columns(raw, columns), columns) == (
        "column 'a': 3 missing values filled with the train median",
        "column 'w': 1 missing values made a category of their own",
        "column 'w': the rarest of its 60 categories share one of 50 columns",
        "column 'v': 1 missing values filled with the train median",
    )


@pytest.mark.parametrize("value", [np.nan, None])
def test_a_column_without_a_value_in_train_is_named(value):
    table = tidy(frame(a=[value, value, 3], b=[1, 2, 3]))
    with pytest.raises(UsageError, match="no value at all in 2 train rows in column 'a'; fill it"):
        encode_columns(table.iloc[:2])


def mixed(rows, seed):
    """Numbers, words with many rare ones, and gaps in both."""
    rng = np.random.default_rng(seed)
    rare = [f"w{int(number)}" for number in rng.zipf(1.3, rows).clip(max=400)]
    table = frame(
        n=rng.normal(5, 3, rows), w=rng.choice(["x", "y", "z"], rows), m=rng.lognormal(0, 2, rows), many=rare, flag=True
    )
    table.loc[::7, "m"], table.loc[3::11, "w"], table.loc[5::9, "many"] = np.nan, None, None
    return table


def test_encoded_rows_are_those_of_scikit_learn_to_the_last_bit():
    train, other = mixed(700, 0), mixed(90, 1)
    other.loc[0, "w"], other.loc[1, "many"] = "unseen", "unseen"
    columns = recognised(train)
    train, other = to_columns(train, columns), to_columns(other, columns)
    one_hot = OneHotEncoder(max_categories=50, handle_unknown="infrequent_if_exist", sparse_output=False)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    reference = ColumnTransformer([("n", numbers, ["n", "m"]), ("w", one_hot, ["w", "many", "flag"])]).fit(train)
    found = fit_columns(train, columns)
    assert found.categories == (4, 50, 1)
    assert len(found.known["many"][1]) > 50  # that share a column
    for table in (train, other):
        np.testing.assert_array_equal(found(table), reference.transform(table))


def test_columns_are_found_by_name_and_others_are_said():
    train = frame(a=[1.0, 2.0, 6.0], w=["x", "y", "x"], v=[[1, 2], [3, 4], [5, 7]])
    table, columns, _ = features(train, {})
    encode = fit_columns(table, columns)
    other, known, said = features(train[["v", "w", "a"]].assign(b=1, c="?"), {}, encode)
    np.testing.assert_array_equal(encode(other), encode(table))
    assert known == columns
    assert said == ("columns that the run doesn't know are left out: 'b', 'c'",)
    with pytest.raises(UsageError, match="lacks the column 'w'"):
        features(train[["a", "v"]], {}, encode)


def test_categories_that_the_run_does_not_know_are_said():
    train = frame(w=["x", "y"] * 35, b=[True, False] * 35, many=[f"w{i}" for i in range(70)])
    table, columns, _ = features(train, {}, leave_out=False)
    encode = fit_columns(table, columns)
    other = frame(w=["x", "X", "X", None], b=["True", "true", "False", None], many=["?", None, "w0", "w1"])
    other, _, said = features(other, {}, encode)
    assert said == (
        "column 'w': 3 values are of categories that the run doesn't know and are coded by zeros alone: 'X', "
        "missing ones",
        "column 'b': 2 values are of categories that the run doesn't know and are coded by zeros alone: 'true', "
        "missing ones",
        "column 'many': 2 values are of categories that the run doesn't know and share a column with its rare ones: "
        "'?', missing ones",
    )
    assert encode(other)[:, :4].sum(1).tolist() == [2, 0, 1, 0]  # as they are coded
    assert features(train, {}, encode)[2] == ()
    (one,) = features(train.iloc[:1].assign(w="new"), {}, encode)[2]
    assert one.startswith("column 'w': 1 values are of categories")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (
            "b",
            [0, 1, 1],
            r"column 'b': all 3 rows hold '1', '0', but its own 'False', 'True'; write them as its own\.$",
        ),
        ("w", ["X", "Y", "Y"], r"column 'w': all 3 rows hold 'Y', 'X', but its own 'x', 'y'; "),
        ("w", [None] * 3, r"column 'w': all 3 rows hold missing ones, but"),
    ],
)
def test_columns_of_which_the_run_knows_no_category_are_refused(column, values, message):
    train = frame(w=["x", "y", "x"], b=[True, False, True])
    table, columns, _ = features(train, {})
    with pytest.raises(UsageError, match=message):
        features(train.assign(**{column: pd.Series(values, dtype=object)}), {}, fit_columns(table, columns))


def test_the_state_is_all_that_there_is():
    encode = encode_columns(tidy(mixed(80, 0)))
    arrays, rest = encode.state()
    restored = Columns(**arrays, **json.loads(json.dumps(rest)))
    other = to_columns(mixed(20, 1), encode.columns)
    np.testing.assert_array_equal(restored(other), encode(other))
    assert restored.categories == encode.categories
    assert restored.columns == encode.columns


def test_an_array_has_no_columns():
    with pytest.raises(UsageError, match="columns by their names, but the data have none"):
        encode_columns(tidy(frame(a=[1.0, 2.0])))(np.eye(2))


@pytest.mark.parametrize(
    ("fitted", "fitted_decimal", "cells", "is_decimal", "read"),
    [
        (["1,234", "7"], False, ["1,234", "9"], False, [1234, 9]),
        (["1,234", "7"], True, ["1,234", "9"], True, [1.234, 9]),
        (["1,234", "7"], False, ["1,234", "9"], True, "'1,234', which the run reads as 1234, .* it is 1.234"),
        (["1,234", "7"], True, ["1,234", "9"], False, "'1,234', which the run reads as 1.234, .* it is 1234"),
        (["1,234", "7"], True, ["1,234", "0,5"], False, [1.234, 0.5]),
        (["1,234", "7"], False, ["1,234", "1,234,567"], True, [1234, 1234567]),
        (["1,234", "7"], False, ["0,5", "1,234"], False, "column 'a' holds '1,234'"),
        (["1,234", "7"], False, ["0,5", "2"], False, "column 'a' must hold numbers, got '0,5'"),
        (["1,234", "7"], False, [1234, 9], True, [1234, 9]),
    ],
)
def test_other_rows_are_refused_where_their_file_says_another_number(fitted, fitted_decimal, cells, is_decimal, read):
    table, columns, _ = features(frame(a=fitted), {}, comma_is_decimal=fitted_decimal)
    known = fit_columns(table, columns)
    other = frame(a=cells, further=["1,234"] * 2)
    if isinstance(read, str):
        with pytest.raises(UsageError, match=read):
            features(other, {}, known, comma_is_decimal=is_decimal)
    else:
        assert features(other, {}, known, comma_is_decimal=is_decimal)[0]["a"].tolist() == read


def test_dates_are_numbers_and_the_cycles_in_which_train_rows_differ():
    days = ["2024-01-01", "2024-01-02", None, "2024-07-01", "2024-01-08 12:00"]
    train = frame(when=days[:4], n=[1.0, 2, 3, 4], w=["x", "y", "x", "y"])
    table, columns, _ = features(train, {})
    encode = fit_columns(table, columns)
    assert [column.cycles for column in encode.columns] == [("weekday", "yearday"), (), ()]
    x = encode(table)
    assert x.shape == (4, 2 + 4 + 2)  # numbers, sines and cosines, the code
    seconds = np.array([1704067200, 1704153600, 1704153600, 1719792000])  # the missing one is the median
    np.testing.assert_allclose(x[:, 0], (seconds - seconds.mean()) / seconds.std())
    assert x[0, 2:4].tolist() == [0, 1]  # a Monday
    np.testing.assert_allclose(x[1, 2:4], [np.sin(2 * np.pi / 7), np.cos(2 * np.pi / 7)])
    arrays, rest = encode.state()
    again = Columns(**arrays, **json.loads(json.dumps(rest)))
    other = features(frame(w=["x"], when=["8.1.2024 12:00"], n=[1]), {}, again)[0]
    np.testing.assert_allclose(again(other)[0, 2:6], [0, 1, np.sin(2 * np.pi * 7 / 366), np.cos(2 * np.pi * 7 / 366)])
    with pytest.raises(ValueError, match="knows no cycle 'moon'"):
        Columns(**arrays, columns=[encode.columns[0]._replace(cycles=("moon",)), *encode.columns[1:]])
