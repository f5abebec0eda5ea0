"""When a row was, as files write it."""

import numpy as np
import pandas as pd
import pytest

from embedbench.data.splits.time_order import latest, shown, times_of
from embedbench.errors import UsageError

DAYS = ["2024-01-02", "2024-03-01", "2023-12-31"]
MOMENTS = np.array(DAYS, "datetime64[ns]")


def column(values):
    return pd.Series(values, name="day")


@pytest.mark.parametrize(
    "values",
    [
        DAYS,
        ["2024-01-02 00:00", "2024-03-01T00:00:00", "2023-12-31"],
        ["02.01.2024", "01.03.2024", "31.12.2023"],
        ["01/02/2024", "03/01/2024", "12/31/2023"],
        ["2 Jan 2024", "1 Mar 2024", "31 Dec 2023"],
        ["2.1.24", "1.3.24", "31.12.23"],
        ["1/2/2024 12:00 am", "3/1/2024 00:00", "12/31/2023"],
        ["2024-01-02T01:00:00+01:00", "2024-02-29T23:00:00-01:00", "2023-12-31T00:00:00Z"],
        pd.to_datetime(DAYS),
        pd.to_datetime(DAYS).tz_localize("UTC"),
    ],
)
def test_dates_are_read_however_they_are_written(values):
    assert np.array_equal(times_of(column(values)), MOMENTS)


def test_numbers_are_times_as_well():
    assert times_of(column([3, 1.5, 2])).tolist() == [3, 1.5, 2]
    assert times_of(column(["3", "1.5", "2"])).tolist() == [3, 1.5, 2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["01/02/2024", "03/04/2024"], "may have the day or the month first; write them as 2024-12-31"),
        (["2024-01-02", "soon"], "must hold numbers or dates written alike, got 'soon'"),
        ([1.0, np.inf], "must hold numbers or dates written alike, got 'inf'"),
        ([1.0, None], "column 'day' of `split_after` has no value in 1 of 2 rows"),
    ],
)
def test_what_has_no_order_is_refused(values, message):
    with pytest.raises(UsageError, match=message):
        times_of(column(values))


def test_the_cut_is_where_the_share_is_met_best_and_parts_no_time():
    assert latest(np.arange(10), 0.2, "test").tolist() == [False] * 8 + [True] * 2
    assert latest(np.repeat([0, 1], [7, 3]), 0.1, "val").tolist() == [False] * 7 + [True] * 3


def test_a_note_writes_a_day_without_its_midnight():
    assert (shown(MOMENTS[0]), shown(np.datetime64("2024-01-02T10:30")), shown(np.float64(3.5))) == (
        "2024-01-02",
        "2024-01-02 10:30:00",
        "3.5",
    )


def test_early_and_late_years_keep_their_order():
    days = np.array(["9999-12-31", "2024-05-01", "1500-01-01"], "datetime64[us]")  # nanoseconds have none of 9999
    for column in (days, days.astype("datetime64[D]").astype(str)):
        assert times_of(pd.Series(column, name="t")).tolist() == days.tolist()
    with pytest.raises(UsageError, match="got '2024-02-30'"):
        times_of(pd.Series(["2024-02-30", "2024-02-01"], name="t"))


def test_a_fraction_of_a_second_counts():
    texts = ["2024-01-02 10:00:00.000002", "2024-01-02 10:00:00.000001", "9999-12-31 10:00"]
    found = times_of(pd.Series(texts, name="t"))
    assert found.argsort().tolist() == [1, 0, 2]
    assert found[0] == np.datetime64("2024-01-02T10:00:00.000002")


def test_day_and_month_that_are_one_number_are_no_doubt():
    found = times_of(pd.Series(["02/02/2024", "01/01/2024"], name="t"))
    assert found.tolist() == np.array(["2024-02-02", "2024-01-01"], "datetime64[us]").tolist()
