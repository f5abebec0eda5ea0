"""Rows in the order of time: what a column says of it, and which rows are the latest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.labels import as_numbers
from embedbench.files.tables.cells import by_value, missing
from embedbench.files.tables.dates import Order, date_order, to_seconds
from embedbench.types import Split


def times_of(column: pd.Series[Any], *, comma_is_decimal: bool = False) -> NDArray[Any]:
    """When each row was, ``(rows,)``: float64 of a column of numbers, else datetime64 (UTC where zones are given).

    Args:
        column: Numbers, dates by their type, or texts as columns of dates may have them (`to_seconds`), with day and
            month in an order that is the same in all rows and can be only one.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

    Raises:
        UsageError: If a value is missing or no date, or if day and month can't be told apart.
    """
    gone = missing(column)
    if gone.any():
        raise UsageError(
            f"column {column.name!r} of `split_after` has no value in {gone.sum()} of {len(column)} rows; fill it in, "
            "or leave these rows out."
        )
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _moments(column)
    numbers = as_numbers(column, comma_is_decimal=comma_is_decimal)
    if numbers is not None:
        if not np.isfinite(numbers).all():
            raise _no_time(column, ~np.isfinite(numbers))
        return numbers
    return _written(column)


def latest(times: NDArray[Any], share: float, part: Split) -> NDArray[np.bool_]:
    """Which rows are the latest, about a share of them, ``(rows,)``; equal times are never parted.

    Raises:
        UsageError: If all rows have one time.
    """
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        raise UsageError(
            f"no {part} rows can be cut from train because all its {len(times)} rows have one time of `split_after`; "
            "give a finer one."
        )
    later = counts[::-1].cumsum()[::-1][1:]  # rows that each moment but the first would cut
    return np.asarray(times >= moments[1:][np.abs(later - share * len(times)).argmin()])


def shown(moment: Any) -> str:
    """A time as a note writes it."""
    if isinstance(moment, np.datetime64):
        return str(pd.Timestamp(moment)).removesuffix(" 00:00:00")
    return f"{moment:.15g}"


def _written(column: pd.Series[Any]) -> NDArray[Any]:
    """Moments of texts, by the rules that columns of dates are read by; but what may be another day is refused."""
    texts = column.astype(str).str.strip()
    order, shows = date_order(texts)
    seconds = _seconds(column, texts, order)
    if not shows and not np.array_equal(seconds, _seconds(column, texts, "day_first")):
        raise UsageError(
            f"dates of column {column.name!r} such as {texts.iloc[0]!r} may have the day or the month first; write "
            "them as 2024-12-31."
        )
    whole = np.floor(seconds)
    return (whole.astype(np.int64) * 10**6 + np.rint((seconds - whole) * 1e6).astype(np.int64)).astype("datetime64[us]")


def _seconds(column: pd.Series[Any], texts: pd.Series[Any], order: Order) -> NDArray[np.float64]:
    found = np.array(by_value(texts, lambda text: to_seconds(text, order)), np.float64)
    if np.isnan(found).any():
        raise _no_time(column, np.isnan(found))
    return found


def _moments(column: pd.Series[Any]) -> NDArray[Any]:
    if getattr(column.dtype, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column.to_numpy("datetime64[us]")  # nanoseconds hold 1678 to 2262 alone, and others would wrap round


def _no_time(column: pd.Series[Any], bad: NDArray[np.bool_]) -> UsageError:
    return UsageError(
        f"column {column.name!r} of `split_after` must hold numbers or dates written alike, got "
        f"{str(column.iloc[int(bad.argmax())])!r}; write dates as 2024-12-31."
    )
