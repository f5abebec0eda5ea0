"""Dates as they are written and typed, against pandas and by hand."""

import datetime

import numpy as np
import pandas as pd
import pytest

from embedbench.files.tables.dates import column_seconds, date_order, is_date, number_to_seconds, to_seconds


def test_what_is_a_date():
    dates = [
        *("2020-01-31", "2020-1-1T10:00", "2020/01/31", "31.12.2020", "31.12.20", "12/31/20 10:00:00.5+02:00"),
        *("9:05", "23:59:59.5", "5:30 PM", "20200820T101010", "2020-01-31 23:00 UTC"),
        *("2020-09", "05-05-2020", "8 Jan 2020", "8-jan-2020", "8. January 2020", "Sept 2020", "March 8, 2020"),
    ]
    assert [text for text in dates if not is_date(text)] == []
    others = ["2020", "1.2", "10-20", "may 3", "2020-01-31 or so", "1:2", "1:2:3", "2019-20", "may 2", "2020-02-30"]
    assert [text for text in [*others, "25:00", "13:00 pm", "0/1/2020", ""] if is_date(text)] == []


@pytest.mark.parametrize("text", ["1969-07-20 20:17:40.25", "0001-01-01", "9999-12-31T23:59:59.999999", "2024-02-29"])
def test_seconds_are_those_of_the_calendar(text):
    when = datetime.datetime.fromisoformat(text)
    expected = (when - datetime.datetime(1970, 1, 1)).total_seconds()
    assert to_seconds(text) == pytest.approx(expected, abs=1e-6)
    assert to_seconds(when) == to_seconds(text)


def test_texts_are_read_as_pandas_reads_them():
    days = pd.date_range("1931-03-01 07:08:09.123456", periods=500, freq="73d5h")
    expected = column_seconds(pd.Series(days))
    for form in ("%Y-%m-%dT%H:%M:%S.%f", "%d.%m.%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S.%f", "%d %b %Y %H:%M:%S.%f"):
        assert [to_seconds(text) for text in days.strftime(form)] == expected.tolist()


def test_zones_are_brought_to_utc_and_years_of_two_digits_to_their_century():
    assert to_seconds("1970-01-01T01:00+01:00") == to_seconds("1969-12-31 23:00-0100") == 0
    assert to_seconds(datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))) == -7200
    assert to_seconds("1.1.70") == 0
    assert to_seconds("1.1.68") == to_seconds("2068-01-01")


def test_order_shows_by_what_can_be_read_in_one_way_only():
    assert date_order(["1/2/2020", "13/2/2020"]) == ("day_first", True)
    assert date_order(["1/2/2020", "2/13/2020"]) == ("month_first", True)
    assert date_order(["1/2/2020"]) == ("month_first", False)
    assert date_order(["2020-01-02", "x"]) == ("month_first", True)


def test_numbers_and_other_types():
    assert number_to_seconds(19700102) == 86400
    assert number_to_seconds(20201345) == 20201345  # no such day
    assert number_to_seconds(1e12) == 1e9
    assert to_seconds(datetime.date(1970, 1, 2)) == to_seconds(np.datetime64("1970-01-02")) == 86400
    assert to_seconds(datetime.time(0, 1)) == 60
    assert [to_seconds(value) for value in (1, None, "x", 2.5)] == [None] * 4
