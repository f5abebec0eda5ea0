"""Dates and times as they are written, or typed: seconds since 1970, in UTC where they name a zone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Order = Literal["day_first", "month_first"]

DAY = 86_400  # seconds
_EPOCH = datetime.datetime(1970, 1, 1)
_MILLISECONDS = 1e11  # from where a number counts these: as seconds it would be the year 5138
_CENTURY = 69  # the first year of two digits that is of the last century, as POSIX has it
_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>\.\d+)?)?\s*(?P<half>[ap]m)?\s*"
    r"(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
)
_DAYS = (
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
    r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])",
    r"(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>\d{4}|\d{2})",
    r"(?P<one>\d{1,2})-(?P<two>\d{1,2})-(?P<year>\d{4})",
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})",
    rf"(?:(?P<day>\d{{1,2}})\.?[ -])?{_MONTH}[ -](?P<year>\d{{4}})",
    rf"{_MONTH} (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})",
)
_FORMS = [
    *(re.compile(rf"{day}(?:(?:[T ]|, ){_CLOCK})?", re.ASCII | re.IGNORECASE) for day in _DAYS),
    re.compile(_CLOCK, re.ASCII | re.IGNORECASE),
    re.compile(
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?",
        re.ASCII,
    ),
]


def is_date(text: str) -> bool:
    """Whether a text is a date (2020-01-31, 31.1.2020, 31 Jan 2020 and their kin), a time of day, or both.

    >>> is_date("2020-01-31 10:00"), is_date("31.2.2020"), is_date("2020")
    (True, False, False)
    """
    return any(to_seconds(text, order) is not None for order in ("day_first", "month_first"))


def date_order(texts: Iterable[str]) -> tuple[Order, bool]:
    """Which number of dates such as 1/2/2020 is the day, by those that can't be read otherwise; and whether any shows.

    Where none does, the month comes first, as it mostly does before a slash.
    """
    found = [match for text in texts if (match := _matched(text)) and match.groupdict().get("one")]
    days = sum(int(match["one"]) > 12 for match in found)
    months = sum(int(match["two"]) > 12 for match in found)
    return "day_first" if days > months else "month_first", not found or days != months


def to_seconds(value: Any, order: Order = "month_first") -> float | None:
    """Seconds from 1970 to a date or time, ``None`` if the value is none; a time alone is one of 1970's first day.

    A month is its first day. What names a zone is brought to UTC, all else is as the clock shows it.

    >>> to_seconds("1970-01-02"), to_seconds("2.1.1970 01:00"), to_seconds("01/02/1970"), to_seconds("00:30:00.5")
    (86400.0, 90000.0, 86400.0, 1800.5)

    Args:
        value: A text, or of a type of dates.
        order: Which number of 1/2/2020 or 1-2-2020 is the day.
    """
    if isinstance(value, str):
        match = _matched(value)
        return None if match is None else _of_match({k: v for k, v in match.groupdict().items() if v}, order)
    if isinstance(value, pd.Period):
        value = value.start_time
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, datetime.datetime):
        return _since(value.replace(tzinfo=None) - (value.utcoffset() or datetime.timedelta()))
    if isinstance(value, datetime.date):
        return _since(datetime.datetime(value.year, value.month, value.day))
    if isinstance(value, datetime.time):
        return _since(datetime.datetime.combine(_EPOCH, value.replace(tzinfo=None)))
    return None


def number_to_seconds(number: float) -> float | None:
    """What a number says as a date: 20200131 the day, above 10^11 milliseconds, else seconds since 1970."""
    if (found := day_to_seconds(number)) is not None:
        return found
    return number / 1000 if abs(number) >= _MILLISECONDS else number


def day_to_seconds(number: float) -> float | None:
    """Seconds from 1970 to the day that a number such as 20200131 writes, from 1900 to 2099; ``None`` of others."""
    text = f"{number:.0f}"
    if number % 1 or not re.fullmatch(r"(19|20)\d{6}", text, re.ASCII):
        return None
    return _of_match({"year": text[:4], "month": text[4:6], "day": text[6:]}, "month_first")


def column_seconds(values: pd.Series[Any]) -> NDArray[np.float64]:
    """A column of pandas' type of dates as seconds, NaN where one is missing, ``(rows,)``."""
    plain = values if values.dt.tz is None else values.dt.tz_convert("UTC").dt.tz_localize(None)
    whole = plain.to_numpy("datetime64[us]")
    return np.where(np.isnat(whole), np.nan, whole.astype(np.int64) / 1e6)


def _matched(text: str) -> re.Match[str] | None:
    plain = text.strip()
    return next((found for form in _FORMS if (found := form.fullmatch(plain))), None)


def _of_match(parts: dict[str, str], order: Order) -> float | None:
    """Seconds of the parts of a date; ``None`` if there is no such day or hour."""
    if "one" in parts:
        first, second = ("day", "month") if order == "day_first" else ("month", "day")
        parts |= {first: parts["one"], second: parts["two"]}
    month = _NAMES.index(parts["name"][:3].lower()) + 1 if "name" in parts else int(parts.get("month", 1))
    year = int(parts.get("year", 1970))
    if len(parts.get("year", "1970")) == 2:
        year += 1900 if year >= _CENTURY else 2000
    hour = int(parts.get("hour", 0))
    if "half" in parts:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    try:
        day = datetime.datetime(
            year, month, int(parts.get("day", 1)), hour, int(parts.get("minute", 0)), int(parts.get("second", 0))
        )
    except ValueError:
        return None
    return _since(day) + round(float(parts.get("part", 0)), 6) - _offset(parts.get("zone", "Z"))


def _offset(zone: str) -> int:
    """Seconds that a zone such as +01:00 is ahead of UTC."""
    if zone[0] not in "+-":
        return 0
    return (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)


def _since(when: datetime.datetime) -> float:
    return (when - _EPOCH) // datetime.timedelta(microseconds=1) / 1e6
