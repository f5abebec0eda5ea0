"""What the columns of a table are, recognised once, and other tables brought to the same columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data import checks
from embedbench.data.tables.left_out import LeftOut, left_out_notes
from embedbench.data.tables.recognised import Feature, Recognised, recognise_column
from embedbench.errors import UsageError
from embedbench.files.names import name_of
from embedbench.files.tables.cells import (
    Written,
    by_value,
    how_written,
    is_contrary,
    is_missing,
    missing,
    says_nothing,
    to_float,
    to_list,
)
from embedbench.files.tables.dates import Order, column_seconds, number_to_seconds, to_seconds
from embedbench.files.tables.signs import without_sign

MOST_CATEGORIES = 50  # that have a column of their own
_SHOWN = 40


class Column(NamedTuple):
    """One feature column, as it was recognised; plain values, so that a run can keep them as JSON.

    Attributes:
        name: In the table.
        kind: A number, one of some categories with or without an order, a list of numbers, or a date.
        written: How numbers that are texts are written, or which number of a date is the day.
        length: Elements of a vector; else 0.
        cycles: Of a date: the parts of it that come round and that vary in the train rows.
        sign: Beside the numbers of texts, such as % or kg.
        levels: Of categories that have an order, from the lowest.
    """

    name: str
    kind: Feature
    written: Written | Order = "plain"
    length: int = 0
    cycles: tuple[str, ...] = ()
    sign: str = ""
    levels: tuple[str, ...] = ()

    @property
    def tidy_names(self) -> list[str]:
        """The columns of the tidy table that it becomes."""
        return [f"{self.name}[{i}]" for i in range(self.length)] if self.kind == "vector" else [self.name]


def recognise(
    frame: pd.DataFrame,
    asked: Mapping[str, Feature] | None = None,
    *,
    comma_is_decimal: bool = False,
    leave_out: bool = True,
    path: Path | None = None,
) -> tuple[list[Column], tuple[str, ...]]:
    """The features of a table, each with its kind, and what is to be said of how columns are read, one sentence each.

    Booleans and texts are categories, those of a known order ordinal; texts that are all numbers, decimals and numbers
    are numbers; lists are vectors. Ids, free texts, paths of images and columns that say nothing are left out.

    Args:
        frame: Columns, ``(rows, columns)``.
        asked: What somebody said that columns hold, by name; they are never left out.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
        leave_out: Whether columns may be left out; else ids and free texts are numbers and categories like others.
        path: The file that the table is from.

    Raises:
        UsageError: If a column holds mostly but not only numbers or dates, lists of several lengths or anything else
            that is no feature; names the column.
    """
    columns: list[Column] = []
    said: list[str] = []
    others: dict[str, LeftOut] = {}
    for name, values in frame.items():
        found = recognise_column(
            str(name),
            values,
            asked=(asked or {}).get(str(name)),
            comma_is_decimal=comma_is_decimal,
            folder=None if path is None else path.parent,
            may_leave_out=leave_out,
        )
        if (column := as_feature(str(name), found)) is None:
            others[str(name)] = found.kind  # type: ignore[assignment]  # what is no feature is left out
        else:
            columns.append(column)
            said += found.notes
    return columns, (*said, *left_out_notes(others, path))


def as_feature(name: str, found: Recognised) -> Column | None:
    """The feature that a column is; ``None`` if it is left out."""
    kind = "category" if found.kind == "boolean" else found.kind
    if kind not in ("number", "category", "ordinal", "vector", "date"):
        return None
    return Column(name, kind, found.written, found.length, sign=found.sign, levels=found.levels)


def tidy(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """A table of these columns, found by name: numbers as float64, categories as text, both with NaN if missing.

    A level becomes its number from 0, NaN if it is none of the column's; a date becomes seconds since 1970, a vector a
    column of numbers an element, ``name[0]``, ``name[1]``, and so on.

    Args:
        frame: ``(rows, columns)``, in any order; columns of other names are left out.
        columns: Each once.

    Returns:
        ``(rows, tidy columns)`` in the order of ``columns``.

    Raises:
        UsageError: If a column isn't there, if a value can't be read as its column's kind, or if a number is infinite
            or beyond float32; names the column.
    """
    lacking = [column.name for column in columns if column.name not in frame.columns]
    if lacking:
        raise UsageError(f"the table lacks the column {', '.join(map(repr, lacking))}; add it.")
    done: dict[str, Any] = {}
    for column in columns:
        values = frame[column.name]
        if column.kind == "category":
            done[column.name] = names_in(values, column)
        elif column.kind == "ordinal":
            number = {level: float(place) for place, level in enumerate(column.levels)}
            named = names_in(values, column)
            done[column.name] = np.array([number.get(name, np.nan) for name in named], np.float64)
        elif column.kind == "number":
            done[column.name] = _numbers(values, column)
        elif column.kind == "date":
            done[column.name] = _dates(values, column)
        else:
            done |= dict(zip(column.tidy_names, _vectors(values, column).T, strict=True))
    table: pd.DataFrame = pd.DataFrame(done, index=frame.index)
    found = table.select_dtypes("number")
    checks.finite(found.to_numpy(np.float64), [str(name) for name in found.columns], missing=True)
    return table


def refuse_other_readings(frame: pd.DataFrame, columns: Sequence[Column], *, comma_is_decimal: bool) -> None:
    """Refuses numbers with commas that are one thing as the columns are written, and another as their own file is.

    Args:
        frame: ``(rows, columns)``, of which those that aren't there are passed over.
        columns: As they were recognised in another file.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals in this file.

    Raises:
        UsageError: If there is one; names the column.
    """
    for column in (column for column in columns if column.kind == "number" and column.name in frame.columns):
        values = frame[column.name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            continue
        texts = {without_sign(value, column.sign) for value in values if isinstance(value, str)}
        own = how_written(texts, comma_is_decimal=comma_is_decimal)
        texts = {without_sign(text, column.sign, own if column.sign else "plain") for text in texts}
        if contrary := sorted(text for text in texts if is_contrary(text, own)):
            raise UsageError(f"column {column.name!r} holds decimal commas, and {contrary[0]!r}; write numbers alike.")
        for text in sorted(text for text in texts if "," in text):
            ours, theirs = to_float(text, own), _read(text, column)
            if None not in (ours, theirs) and ours != theirs:
                raise UsageError(
                    f"column {column.name!r} holds {text!r}, which the run reads as {theirs:.10g}, but by the rule of "
                    f"its file it is {ours:.10g}; write such numbers without thousands and with a decimal point."
                )


def names_in(values: pd.Series[Any], column: Column) -> NDArray[Any]:
    """A column of categories as text ``(rows,)`` with NaN.

    Raises:
        UsageError: If a value has no name; names the column.
    """
    try:
        named = np.full(len(values), np.nan, object)
        there = ~missing(values)
        named[there] = by_value(values[there], name_of)
    except UsageError as error:
        raise UsageError(f"column {column.name!r}: {error}") from None
    return named


def _numbers(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """A column as float64 ``(rows,)`` with NaN."""
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        return values.to_numpy(np.float64, na_value=np.nan)
    found = by_value(values, lambda value: _read(value, column))
    if None in found:
        row = found.index(None)
        _number(values.tolist()[row], column, row)  # refuses it
    return np.array(found, np.float64)


def _dates(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """A column as seconds since 1970, float64 ``(rows,)`` with NaN."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return column_seconds(values)
    found = by_value(values, lambda value: _date(value, column))
    if None in found:
        row = found.index(None)
        shown = repr(values.tolist()[row])[:_SHOWN]
        raise UsageError(f"column {column.name!r} must hold dates alike, got {shown} in row {row}; repair it.")
    return np.array(found, np.float64)


def _date(value: Any, column: Column) -> float | None:
    """The seconds that a cell says, NaN if it is missing, or ``None``."""
    if is_missing(value) or (isinstance(value, str) and says_nothing(value)):
        return np.nan
    if column.written == "plain":  # numbers that somebody said are dates
        number = to_float(value)
        return None if number is None else number_to_seconds(number)
    return to_seconds(value, "day_first" if column.written == "day_first" else "month_first")


def _number(value: Any, column: Column, row: int) -> float:
    number = _read(value, column)
    if number is None:
        shown = repr(value)[:_SHOWN]
        raise UsageError(f"column {column.name!r} must hold numbers, got {shown} in row {row}; repair it.")
    return number


def _read(value: Any, column: Column) -> float | None:
    """The number that a cell is, NaN if it is missing, or ``None``."""
    if is_missing(value) or (isinstance(value, str) and says_nothing(value)):
        return np.nan
    written: Written = column.written  # type: ignore[assignment]  # of numbers
    if isinstance(value, str) and column.sign:
        value = without_sign(value, column.sign, written)
    return to_float(value, written)


def _vectors(values: pd.Series[Any], column: Column) -> NDArray[np.float64]:
    """A column of lists as float64 ``(rows, length)``; a missing list is a row of NaN."""
    found = np.full((len(values), column.length), np.nan)
    for row, value in enumerate(values):
        elements = to_list(value)
        if elements is None and is_missing(value):
            continue
        if elements is None or len(elements) != column.length:
            got = repr(value)[:_SHOWN] if elements is None else f"{len(elements)}"
            raise UsageError(
                f"column {column.name!r} must hold lists of {column.length} numbers, got {got} in row {row}; repair it."
            )
        found[row] = [_number(element, column, row) for element in elements]
    return found
