"""A column of labels of any kind -> class numbers and names, or a real target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.labels.several_labels import are_several, without_any
from embedbench.errors import UsageError
from embedbench.files.labels import are_whole, as_numbers, number_classes, without_label
from embedbench.files.names import name_of, renamed
from embedbench.files.tables.cells import missing, to_float

Task = Literal["auto", "classification", "regression"]


def encode_label(
    values: pd.Series[Any],
    task: Task,
    *,
    comma_is_decimal: bool = False,
    as_classes: str = "set task to classification",
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Class numbers and class names, or real numbers and no names.

    The rule of ``task="auto"``: numbers of which any has a fraction, or is a float beyond 2^53, are a real target;
    everything else (words, booleans, categories, dates, whole numbers) is classes. Texts that say numbers are numbers,
    unless one has a leading 0, as in 007.

    Args:
        values: One label a row, none missing, ``(rows,)``.
        task: "classification" or "regression" overrides the rule.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
        as_classes: What a user does who wants classes, as a refusal says it.

    Returns:
        int64 class numbers ``(rows,)`` in the sorted order of the classes, and the names; or float64 ``(rows,)``, ().

    Raises:
        UsageError: If a label is missing or infinite, if a real target is asked of a column that is not numbers, or if
            most labels are numbers with fractions but not all of them.
    """
    numbers = as_numbers(values, comma_is_decimal=comma_is_decimal)
    if numbers is None:
        if gone := int(missing(values).sum()):
            raise UsageError(f"the label holds {gone} missing values; drop those rows or fill them in.")
        if task == "regression":
            raise _no_numbers(values, as_classes)
        if task == "auto":
            _refuse_mixed(values, as_classes)
        return _classes(values)
    if bad := int((~np.isfinite(numbers)).sum()):
        raise UsageError(f"the label holds {bad} values that are NaN or infinite; repair or drop those rows.")
    if task == "regression" or (task == "auto" and not are_whole(values, numbers)):
        return numbers, ()
    return _classes(values)


def has_label(values: pd.Series[Any], separator: str | None = None) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Which rows have a label, ``(rows,)``, and what is to be said of those that have none.

    Args:
        values: ``(rows,)``.
        separator: That splits texts of several labels each.
    """
    gone = without_any(values, separator) if are_several(values, separator) else without_label(values)
    words = sorted({value for value in values[gone & ~missing(values)] if isinstance(value, str)})
    how = f" ({', '.join(map(repr, words))} among numbers counts as missing)" if words else ""
    return ~gone, (f"{gone.sum()} rows without a label left out{how}",) if gone.any() else ()


def declared_classes(names: Sequence[str], column: str) -> tuple[str, ...]:
    """Names that a data set declares for its classes, as every class is called, so that a run knows its own again.

    Raises:
        UsageError: If two would be called alike.
    """
    classes = tuple(map(name_of, names))
    for name, number in Counter(classes).items():
        if number > 1:
            alike = ", ".join(repr(given) for given, one in zip(names, classes, strict=True) if one == name)
            raise UsageError(f"classes {alike} of {column!r} are all called {name!r} here; rename or merge them.")
    return classes


def label_notes(values: pd.Series[Any], classes: tuple[str, ...]) -> tuple[str, ...]:
    """What is to be said of how classes are called, one sentence each; nothing of a real target."""
    return renamed(values, "label") if classes else ()


def _classes(values: pd.Series[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    try:
        return number_classes(values)
    except UsageError as error:
        raise UsageError(f"the label can't be used: {error}") from None


def _no_numbers(values: pd.Series[Any], as_classes: str) -> UsageError:
    example = next(value for value in values if to_float(value) is None)
    return UsageError(f"a regression label must be numbers, got {example!r}; {as_classes}.")


def _refuse_mixed(values: pd.Series[Any], as_classes: str) -> None:
    """Refuses a real target with words in it, which would become a class a value."""
    found = [to_float(value) for value in values]
    fractions = sum(number is not None and number % 1 != 0 for number in found)
    if fractions > len(found) / 2:
        odd = next(value for value, number in zip(values, found, strict=True) if number is None)
        raise UsageError(f"the label holds numbers with fractions, but also {odd!r}; repair it, or {as_classes}.")
