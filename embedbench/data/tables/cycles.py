"""What comes round in dates: the hour of a day, the day of a week, the day of a year, each as a point on a circle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.files.tables.dates import DAY

_THURSDAY = 3  # the day of the week of 1970-01-01, from Monday, 0

Seconds = NDArray[np.float64]


def varying_cycles(seconds: pd.Series[Any]) -> tuple[str, ...]:
    """The cycles in which some dates differ, missing ones aside.

    Args:
        seconds: Since 1970, ``(rows,)``.
    """
    there = seconds.dropna().to_numpy(np.float64)
    return tuple(name for name, phase in CYCLES.items() if len(np.unique(phase(there))) > 1)


def cycle_columns(seconds: Seconds, cycles: Sequence[str]) -> NDArray[np.float64]:
    """Sine and cosine of each cycle, ``(rows, 2 · cycles)``.

    Args:
        seconds: Since 1970, none missing, ``(rows,)``.
        cycles: Their names.
    """
    angles = [2 * np.pi * CYCLES[name](seconds) for name in cycles]
    return np.column_stack([side(angle) for angle in angles for side in (np.sin, np.cos)])


def _hour(seconds: Seconds) -> Seconds:
    return seconds % DAY / DAY


def _weekday(seconds: Seconds) -> Seconds:
    return (np.floor(seconds / DAY) + _THURSDAY) % 7 / 7


def _yearday(seconds: Seconds) -> Seconds:
    """By the length of its own year, so that the last day of each meets the first."""
    days = np.floor(seconds / DAY).astype("datetime64[D]")
    years = days.astype("datetime64[Y]")
    first, last = years.astype("datetime64[D]"), (years + 1).astype("datetime64[D]")
    share: Seconds = (days - first).astype(np.float64) / (last - first).astype(np.float64)
    return share


CYCLES: dict[str, Callable[[Seconds], Seconds]] = {"hour": _hour, "weekday": _weekday, "yearday": _yearday}
