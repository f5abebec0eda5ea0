"""Whole numbers beyond 2^53, which float64 can't tell apart, are noted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.files.tables.cells import EXACT, to_float, to_list


def rounding_notes(name: str, values: Collection[Any], numbers: NDArray[np.float64]) -> tuple[str, ...]:
    """Counts whole numbers beyond 2^53: floats too, if all are whole, else those written without a point."""
    large = np.isfinite(numbers) & (np.abs(numbers) >= EXACT)  # 2^53 may be the next whole number, rounded
    many = 0
    if large.any():
        all_whole = (numbers[np.isfinite(numbers)] % 1 == 0).all()
        rows = zip(values, large.tolist(), strict=True)
        many = int(large.sum()) if all_whole else sum(is_large and _is_whole(value) for value, is_large in rows)
    return (f"column {name!r}: {many} whole numbers beyond 2^53 are rounded to float64",) if many else ()


def element_rounding_notes(name: str, lists: Sequence[Any]) -> tuple[str, ...]:
    """The same of a column of lists; one by one only where arrays don't show that there is nothing to count."""
    found = [to_list(value) or [] for value in lists]
    if all(map(_are_small, found)):
        return ()
    numbers = [(element, to_float(element)) for each in found for element in each]
    there = [(element, number) for element, number in numbers if number is not None]
    return rounding_notes(
        name, [element for element, _ in there], np.array([number for _, number in there], np.float64)
    )


def _are_small(elements: list[Any]) -> bool:
    """Whether they are all plain numbers, and none is beyond 2^53."""
    if not all(issubclass(kind, (float, int, np.floating, np.integer)) for kind in set(map(type, elements))):
        return False
    array = np.asarray(elements)
    return array.dtype.kind in "fiu" and not ((array > EXACT) | (array < -EXACT)).any()


def _is_whole(value: Any) -> bool:
    """By its type or way of writing."""
    if isinstance(value, str):
        return value.strip().lstrip("+-").replace(",", "").isdecimal()
    return isinstance(value, (int, np.integer)) or (isinstance(value, Decimal) and value % 1 == 0)
