"""Cyclic parts of dates, against the calendar of pandas."""

import numpy as np
import pandas as pd

from embedbench.data.tables.cycles import CYCLES, cycle_columns, varying_cycles
from embedbench.files.tables.dates import column_seconds

DAYS = pd.Series(pd.date_range("1967-12-30 05:00", periods=900, freq="19h13min"))
SECONDS = column_seconds(DAYS)


def test_phases_are_those_of_the_calendar():
    hours = (DAYS.dt.hour + DAYS.dt.minute / 60) / 24
    length = np.where(DAYS.dt.is_leap_year, 366, 365)
    for name, expected in {
        "hour": hours,
        "weekday": DAYS.dt.dayofweek / 7,
        "yearday": (DAYS.dt.dayofyear - 1) / length,
    }.items():
        np.testing.assert_allclose(CYCLES[name](SECONDS), expected, atol=1e-12)


def test_columns_are_sine_and_cosine():
    found = cycle_columns(np.array([0.0, 6 * 3600.0]), ["hour"])
    np.testing.assert_allclose(found, [[0, 1], [1, 0]], atol=1e-12)
    assert cycle_columns(SECONDS, [*CYCLES]).shape == (900, 6)


def test_only_what_varies_is_kept():
    def of(*texts):
        return varying_cycles(pd.Series(column_seconds(pd.to_datetime(pd.Series(texts)))))

    assert of("2024-01-01", "2024-01-08", None) == ("yearday",)
    assert of("2023-01-01", "2024-01-01") == ("weekday",)
    assert of("1970-01-01 10:00", "1970-01-01 12:00") == ("hour",)
    assert of("2024-01-01", "2024-01-01") == ()
