"""What one column of a table is: its types and its texts, looked at once each."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.names import renamed
from embedbench.files.tables.cells import (
    EXACT,
    Written,
    almost_number,
    by_value,
    how_written,
    is_contrary,
    is_date,
    missing,
    says_nothing,
    to_float,
    to_list,
)
from embedbench.files.tables.measures import several_numbers, unit_of

_DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64, pd.Period)
_SINGLE = (str, bytes, bool, np.bool_, int, float, Decimal, np.number)
_WORDS = {"thousands": "commas as thousands", "decimal_comma": "commas as decimal points"}
_SHOWN = 3
_NEARLY = 0.95
_FEW = 20  # fewer different measures may be the sizes that a thing comes in
_UNITS = 3  # more different ones are codes, such as 12A to 12F


Kind = Literal["number", "category", "vector"]


class Recognised(NamedTuple):
    """What a column is.

    Attributes:
        kind: Of its values.
        written: How its numbers are written.
        length: Of its lists.
        notes: What is to be said, one sentence each.
    """

    kind: Kind
    written: Written = "plain"
    length: int = 0
    notes: tuple[str, ...] = ()


def recognise_column(name: str, values: pd.Series[Any], *, named: bool, comma_is_decimal: bool) -> Recognised:
    """The kind of a column, by the type of its values and, of texts, by what they say.

    Args:
        name: Of the column.
        values: ``(rows,)``.
        named: Whether somebody said that it holds categories.
        comma_is_decimal: Whether commas that could be either are decimal.

    Raises:
        UsageError: If it can't be a feature; names the column.
    """
    if named or isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values.dtype):
        return Recognised("category", notes=_renamed(name, values))
    if pd.api.types.is_complex_dtype(values.dtype):
        raise UsageError(f"column {name!r} holds complex numbers; give their parts as columns of their own.")
    if pd.api.types.is_numeric_dtype(values.dtype):
        return Recognised("number", notes=_rounded(name, values.dropna(), values.dropna().to_numpy(np.float64)))
    present = list(values[~missing(values)])
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or any(isinstance(value, _DATES) for value in present):
        raise _dates(name)
    if present and all(to_list(value) is not None for value in present):
        return Recognised("vector", length=_length(name, values), notes=_rounded_elements(name, present))
    strange = next((value for value in present if not isinstance(value, _SINGLE)), None)
    if strange is not None:
        kind = type(strange).__name__
        raise UsageError(f"column {name!r} holds a {kind}; give one number, text or list of numbers per row.")
    return _of_texts(name, present, comma_is_decimal)


def _of_texts(name: str, present: Sequence[Any], comma_is_decimal: bool) -> Recognised:
    """Numbers if every cell that isn't missing is one; categories if few are."""
    counts = Counter(value for value in present if isinstance(value, str))
    words = [text for text in counts if not says_nothing(text)]
    if words and len(present) == counts.total() and all(is_date(text) for text in words):
        raise _dates(name)
    written = how_written(counts, comma_is_decimal=comma_is_decimal)
    found = by_value(present, lambda value: None if is_contrary(value, written) else to_float(value, written))
    numbers = np.array([number for number in found if number is not None], np.float64)
    read = [value for value, number in zip(present, found, strict=True) if number is not None]
    gaps = {text: n for text, n in counts.items() if says_nothing(text)}
    rest = len(present) - len(numbers) - sum(gaps.values())
    if len(numbers) and not rest:
        said = (*_rounded(name, read, numbers), *_read(name, counts, gaps, written))
        return Recognised("number", written, notes=said)
    unread = {v for v, number in zip(present, found, strict=True) if number is None and isinstance(v, str)}
    almost = sum(counts[text] for text in unread if almost_number(text))
    if len(numbers) + almost > len(present) / 2:
        odd = dict.fromkeys(v for v, n in zip(present, found, strict=True) if n is None and v not in gaps)
        raise UsageError(
            f"column {name!r} holds numbers and {rest} values that can't be read as one, such as "
            f"{', '.join(map(repr, list(odd)[:_SHOWN]))}; write plain numbers, or say that the column is categorical."
        )
    _refuse_measures(name, words)
    few = f"column {name!r}: {len(numbers)} of {len(present)} values are numbers, read as categories like the others"
    return Recognised("category", notes=(*([few] if len(numbers) else ()), *_renamed(name, present)))


def _refuse_measures(name: str, texts: Sequence[str]) -> None:
    """Refuses numbers that texts hold in another way than one each, where nearly all different texts do."""
    several = [text for text in texts if several_numbers(text)]
    units = {text: unit for text in texts if (unit := unit_of(text))}
    measured = len(units) >= _FEW and len({*units.values()}) <= _UNITS
    for found, what in ((several, "several numbers in a text"), ([*units] if measured else [], "numbers with a unit")):
        if found and len(found) >= _NEARLY * len(texts):
            raise UsageError(
                f"column {name!r} holds {what}, such as {found[0][:40]!r}; write plain numbers, or lists such as "
                "[0.5, 1], or say that the column is categorical."
            )


def _read(name: str, counts: Counter[str], gaps: dict[str, int], written: Written) -> list[str]:
    said = []
    if written != "plain":
        n = sum(times for text, times in counts.items() if "," in text)
        said.append(f"column {name!r}: {n} numbers read with {_WORDS[written]}")
    if gaps:
        words = ", ".join(map(repr, sorted(gaps)))
        said.append(f"column {name!r}: {sum(gaps.values())} values that say no number ({words}) count as missing")
    return said


def _renamed(name: str, values: Collection[Any]) -> tuple[str, ...]:
    try:
        return renamed(values, f"column {name!r}")
    except UsageError as error:
        raise UsageError(f"column {name!r}: {error}") from None


def _rounded(name: str, values: Collection[Any], numbers: NDArray[np.float64]) -> tuple[str, ...]:
    """Counts whole numbers beyond 2^53: floats too, if all are whole, else those written without a point."""
    large = np.isfinite(numbers) & (np.abs(numbers) >= EXACT)  # 2^53 may be the next whole number, rounded
    many = 0
    if large.any():
        all_whole = (numbers[np.isfinite(numbers)] % 1 == 0).all()
        rows = zip(values, large.tolist(), strict=True)
        many = int(large.sum()) if all_whole else sum(is_large and _is_whole(value) for value, is_large in rows)
    return (f"column {name!r}: {many} whole numbers beyond 2^53 are rounded to float64",) if many else ()


def _rounded_elements(name: str, lists: Sequence[Any]) -> tuple[str, ...]:
    """The same of a column of lists; one by one only where arrays don't show that there is nothing to count."""
    found = [to_list(value) or [] for value in lists]
    if all(map(_are_small, found)):
        return ()
    numbers = [(element, to_float(element)) for each in found for element in each]
    there = [(element, number) for element, number in numbers if number is not None]
    return _rounded(name, [element for element, _ in there], np.array([number for _, number in there], np.float64))


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


def _length(name: str, values: pd.Series[Any]) -> int:
    """The length of a column's lists, of which each must have the same."""
    lengths = [(row, len(found)) for row, value in enumerate(values) if (found := to_list(value)) is not None]
    first, length = lengths[0]
    other = next(((row, n) for row, n in lengths if n != length), None)
    if other:
        raise UsageError(
            f"column {name!r} holds a list of {length} numbers in row {first} and of {other[1]} in row {other[0]}; "
            "give lists of one length."
        )
    if not length:
        raise UsageError(f"column {name!r} holds empty lists; leave it out.")
    return length


def _dates(name: str) -> UsageError:
    return UsageError(f"column {name!r} holds dates; turn it into numbers, or leave it out.")
