"""Rows in the order of time: what a column says of it, and which rows are the latest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.labels import as_numbers
from embedbench.files.tables.cells import missing
from embedbench.types import Split

_TIME = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_ISO = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?"
_DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y")
_OTHERS = ("%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y")


def times_of(column: pd.Series[Any], *, comma_is_decimal: bool = False) -> NDArray[Any]:
    """When each row was, ``(rows,)``: float64 of a column of numbers, else datetime64 (UTC where zones are given).

    Args:
        column: Numbers, dates by their type, or texts that are dates alike: ISO 8601, or day, month and year in an
            order that is the same in all rows and can be only one.
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
    texts = column.astype(str).str.strip()
    iso = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    if iso.notna().all():
        return _moments(iso)
    if (wide := _any_year(texts)) is not None:
        return wide
    found = {name: _parsed(texts, forms) for name, forms in (("day", _DAY_FIRST), ("month", _MONTH_FIRST))}
    found["other"] = _parsed(texts, _OTHERS)
    whole = [moments for moments in found.values() if moments is not None]
    if not whole:
        raise _no_time(column, iso.isna().to_numpy())
    if len(whole) > 1 and not np.array_equal(whole[0], whole[1]):
        raise UsageError(
            f"dates of column {column.name!r} such as {texts.iloc[0]!r} may have the day or the month first; write "
            "them as 2024-12-31."
        )
    return whole[0]


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


def _parsed(texts: pd.Series[Any], forms: tuple[str, ...]) -> NDArray[Any] | None:
    """Moments by the first of some formats that all texts have."""
    for form in (f"{date}{time}" for date in forms for time in _TIME):
        found = pd.to_datetime(texts, format=form, errors="coerce")
        if found.notna().all():
            return _moments(found)
    return None


def _any_year(texts: pd.Series[Any]) -> NDArray[Any] | None:
    """ISO 8601 without zones, also of years that pandas' nanoseconds lack, such as 9999; ``None`` of other texts."""
    if not texts.str.fullmatch(_ISO).all():
        return None
    try:
        return texts.to_numpy(np.str_).astype("datetime64[us]")
    except ValueError:  # there is no such day
        return None


def _moments(column: pd.Series[Any]) -> NDArray[Any]:
    if getattr(column.dtype, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column.to_numpy("datetime64[us]")  # nanoseconds hold 1678 to 2262 alone, and others would wrap round


def _no_time(column: pd.Series[Any], bad: NDArray[np.bool_]) -> UsageError:
    return UsageError(
        f"column {column.name!r} of `split_after` must hold numbers or dates written alike, got "
        f"{str(column.iloc[int(bad.argmax())])!r}; write dates as 2024-12-31."
    )
