"""What one column of a table is: its types and its texts, looked at once each."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from embedbench.data.tables.left_out import LeftOut, lists_names, numbers_rows, of_words, one_value
from embedbench.data.tables.rounding import element_rounding_notes, rounding_notes
from embedbench.data.tables.scales import known_order
from embedbench.errors import UsageError
from embedbench.files.names import name_of, renamed
from embedbench.files.tables.cells import (
    Written,
    almost_number,
    by_value,
    how_written,
    is_contrary,
    missing,
    says_nothing,
    to_float,
    to_list,
)
from embedbench.files.tables.dates import Order, date_order, is_date, to_seconds
from embedbench.files.tables.measures import several_numbers, unit_of
from embedbench.files.tables.signs import how_signed_written, shared_sign, without_sign

_DATES = (datetime.date, datetime.time, np.datetime64, pd.Period)
_DURATIONS = (datetime.timedelta, np.timedelta64)
_SINGLE = (str, bytes, bool, np.bool_, int, float, Decimal, np.number)
_WORDS = {"thousands": "commas as thousands", "decimal_comma": "commas as decimal points"}
_SHOWN = 3
_LOOKED = 1_000  # different texts among which a date must be
_NEARLY = 0.95
_FEW = 20  # fewer different measures may be the sizes that a thing comes in
_UNITS = 3  # more different ones are codes, such as 12A to 12F


Feature = Literal["number", "category", "ordinal", "vector", "date"]
Kind = Feature | Literal["boolean"] | LeftOut
_BOOLEANS = ({"true", "false"}, {"yes", "no"})


class Recognised(NamedTuple):
    """What a column is.

    Attributes:
        kind: Of its values.
        written: How its numbers or dates are written.
        length: Of its lists.
        notes: What is to be said, one sentence each.
        sign: Beside its numbers, such as % or kg.
        levels: Of categories that have an order, from the lowest.
    """

    kind: Kind
    written: Written | Order = "plain"
    length: int = 0
    notes: tuple[str, ...] = ()
    sign: str = ""
    levels: tuple[str, ...] = ()


def recognise_column(
    name: str,
    values: pd.Series[Any],
    *,
    asked: Feature | None = None,
    comma_is_decimal: bool = False,
    folder: Path | None = None,
    may_leave_out: bool = True,
) -> Recognised:
    """The kind of a column, by the type of its values and, of texts, by what they say.

    Args:
        name: Of the column.
        values: ``(rows,)``.
        asked: What somebody said that it holds.
        comma_is_decimal: Whether commas that could be either are decimal.
        folder: Of the file, in which paths of images begin.
        may_leave_out: Whether it may be no feature.

    Raises:
        UsageError: If it can't be a feature, or not of the kind that is asked; names the column.
    """
    if asked is None and may_leave_out and lists_names(values):
        return Recognised("labels")
    if asked == "category":
        return Recognised("category", notes=_renamed(name, values))
    found = _by_type(name, values, asked) or _of_texts(name, list(values[~missing(values)]), comma_is_decimal, asked)
    if asked is not None:
        if found.kind != asked:
            example = next(iter(values[~missing(values)]), "nothing")
            raise UsageError(
                f"column {name!r} must hold {asked}s, as was asked, but holds {str(example)[:40]!r}; repair it, or "
                f"leave it out of --data.{'date' if asked == 'date' else 'numeric'}."
            )
        return found
    kind = _left_out(name, values, found, folder) if may_leave_out else None
    if kind is not None:
        return Recognised(kind)
    levels = _levels(values) if found.kind == "category" else ()
    if not levels:
        return found
    said = f"column {name!r}: ordinal, {' < '.join(levels)}, read as 0 to {len(levels) - 1}"
    return Recognised("ordinal", notes=(*found.notes, said), levels=levels)


def _levels(values: pd.Series[Any]) -> tuple[str, ...]:
    """The names of categories in their order, if their type has one, or their words are of a known scale."""
    present = values[~missing(values)]
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered:
        there = set(present)
        levels = tuple(name_of(level) for level in values.dtype.categories if level in there)
        return levels if len({*levels}) == len(levels) > 1 else ()
    return known_order({name_of(value) for value in set(present)})


def _by_type(name: str, values: pd.Series[Any], asked: Feature | None) -> Recognised | None:
    """What a column is whose type says it; ``None`` of texts and of what may be anything."""
    if pd.api.types.is_bool_dtype(values.dtype) and not isinstance(values.dtype, pd.CategoricalDtype):
        return Recognised("boolean", notes=_renamed(name, values))
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Recognised("category", notes=_renamed(name, values))
    if pd.api.types.is_complex_dtype(values.dtype):
        raise UsageError(f"column {name!r} holds complex numbers; give their parts as columns of their own.")
    if pd.api.types.is_numeric_dtype(values.dtype):
        there = values.dropna()
        kind: Feature = "date" if asked == "date" else "number"
        return Recognised(kind, notes=rounding_notes(name, there, there.to_numpy(np.float64)))
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or isinstance(values.dtype, pd.PeriodDtype):
        return Recognised("date", "month_first")
    present = list(values[~missing(values)])
    if pd.api.types.is_timedelta64_dtype(values.dtype) or any(isinstance(value, _DURATIONS) for value in present):
        raise UsageError(f"column {name!r} holds durations; turn them into numbers, or leave it out.")
    if present and all(isinstance(value, _DATES) for value in present):
        return Recognised("date", "month_first")
    if present and all(to_list(value) is not None for value in present):
        return Recognised("vector", length=_length(name, values), notes=element_rounding_notes(name, present))
    strange = next((value for value in present if not isinstance(value, (*_SINGLE, *_DATES))), None)
    if strange is not None:
        kind_of = type(strange).__name__
        raise UsageError(f"column {name!r} holds a {kind_of}; give one number, text or list of numbers per row.")
    return None


def _left_out(name: str, values: pd.Series[Any], found: Recognised, folder: Path | None) -> LeftOut | None:
    """Why a column is no feature, if it is none."""
    if found.kind == "vector":
        return None
    present = values[~missing(values)]
    if (nothing := one_value(list(present), len(values))) is not None:
        return nothing
    if found.kind == "number" and len(present) == len(values):
        plain = pd.api.types.is_numeric_dtype(present.dtype)
        numbers = present.to_numpy(np.float64) if plain else np.array([_number_of(value, found) for value in present])
        return "id" if numbers_rows(name, numbers, present.nunique()) else None
    if found.kind == "category" and all(isinstance(value, str) for value in present):
        return of_words(name, Counter(present), folder)
    return None


def _number_of(value: Any, found: Recognised) -> float:
    number = to_float(value, found.written)  # type: ignore[arg-type]  # of numbers
    return np.nan if number is None else number


def _of_texts(name: str, present: Sequence[Any], comma_is_decimal: bool, asked: Feature | None) -> Recognised:
    """Numbers or dates if every cell that isn't missing is one; categories if few are."""
    counts = Counter(value for value in present if isinstance(value, str))
    gaps = {text: n for text, n in counts.items() if says_nothing(text)}
    if asked != "number" and (dates := _of_dates(name, present, counts, gaps, asked)) is not None:
        return dates
    if (sign := shared_sign([text for text in counts if text not in gaps])) is not None:
        return _of_signed(name, present, sign, comma_is_decimal, asked)
    written = how_written(counts, comma_is_decimal=comma_is_decimal)
    found = by_value(present, lambda value: None if is_contrary(value, written) else to_float(value, written))
    numbers = np.array([number for number in found if number is not None], np.float64)
    read = [value for value, number in zip(present, found, strict=True) if number is not None]
    rest = len(present) - len(numbers) - sum(gaps.values())
    if len(numbers) and not rest:
        said = (*rounding_notes(name, read, numbers), *_read(name, counts, gaps, written))
        return Recognised("number", written, notes=said)
    unread = {v for v, number in zip(present, found, strict=True) if number is None and isinstance(v, str)}
    almost = sum(counts[text] for text in unread if almost_number(text))
    if len(numbers) + almost > len(present) / 2:
        odd = dict.fromkeys(v for v, n in zip(present, found, strict=True) if n is None and v not in gaps)
        raise _mixed(name, "numbers", rest, list(odd))
    _refuse_measures(name, [text for text in counts if text not in gaps])
    few = f"column {name!r}: {len(numbers)} of {len(present)} values are numbers, read as categories like the others"
    said = (*([few] if len(numbers) else ()), *_renamed(name, present))
    is_boolean = len(counts) == 2 and {text.strip().lower() for text in counts} in _BOOLEANS
    return Recognised("boolean" if is_boolean or {*map(type, present)} == {bool} else "category", notes=said)


def _of_signed(
    name: str, present: Sequence[Any], sign: str, comma_is_decimal: bool, asked: Feature | None
) -> Recognised:
    """Numbers that stand beside a sign; a few may stand alone."""
    texts = [value for value in present if isinstance(value, str)]
    written = how_signed_written(texts, sign, comma_is_decimal=comma_is_decimal)
    bare = [without_sign(value, sign, written) if isinstance(value, str) else value for value in present]
    found = _of_texts(name, bare, comma_is_decimal, asked)
    first = next(text for text in texts if without_sign(text, sign) != text)
    number = to_float(without_sign(first, sign, written), written)
    what = {"%": "per cent", "‰": "per mille"}.get(sign, first.strip(" +-.,0123456789"))
    note = f"column {name!r} holds {what}: {first.strip()!r} is read as {number:.10g}"
    return found._replace(written=written, notes=(note, *found.notes), sign=sign)


def _of_dates(
    name: str, present: Sequence[Any], counts: Counter[str], gaps: dict[str, int], asked: Feature | None
) -> Recognised | None:
    """Dates if every cell that isn't missing is one; ``None`` if few are."""
    texts = [text for text in counts if text not in gaps]
    others = [value for value in present if not isinstance(value, str)]
    if asked == "date" and all(to_float(value) is not None for value in (*texts, *others)):
        return Recognised("date")  # seconds or days as numbers, see `number_to_seconds`
    if not any(is_date(text) for text in texts[:_LOOKED]) or not all(isinstance(value, _DATES) for value in others):
        return None
    order, shows = date_order(texts)
    unread = [text for text in texts if to_seconds(text, order) is None]
    rest = sum(counts[text] for text in unread)
    if rest:
        if len(present) - rest - sum(gaps.values()) <= len(present) / 2:
            return None
        raise _mixed(name, "dates", rest, unread)
    said = _gaps(name, gaps, "date")
    if not shows:
        said.append(f"column {name!r}: dates such as {texts[0]!r} are read month first, since none says otherwise")
    return Recognised("date", order, notes=tuple(said))


def _mixed(name: str, what: str, rest: int, odd: Sequence[Any]) -> UsageError:
    return UsageError(
        f"column {name!r} holds {what} and {rest} values that can't be read as one, such as "
        f"{', '.join(map(repr, odd[:_SHOWN]))}; write plain {what}, or say that the column is categorical."
    )


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
    return [*said, *_gaps(name, gaps, "number")]


def _gaps(name: str, gaps: dict[str, int], what: str) -> list[str]:
    count, words = sum(gaps.values()), ", ".join(map(repr, sorted(gaps)))
    return [f"column {name!r}: {count} values that say no {what} ({words}) count as missing"] if gaps else []


def _renamed(name: str, values: Collection[Any]) -> tuple[str, ...]:
    try:
        return renamed(values, f"column {name!r}")
    except UsageError as error:
        raise UsageError(f"column {name!r}: {error}") from None


def _length(name: str, values: pd.Series[Any]) -> int:
    """The length of a column's lists, of which each must have the same."""
    lengths = [(row, len(found)) for row, value in enumerate(values) if (found := to_list(value)) is not None]
    first, length = lengths[0]
    other = next(((row, n) for row, n in lengths if n != length), None)
    if other:
        raise UsageError(
            f"column {name!r} holds a list of {length} elements in row {first} and of {other[1]} in row {other[0]}; "
            "give lists of one length."
        )
    if not length:
        raise UsageError(f"column {name!r} holds empty lists; leave it out.")
    return length
