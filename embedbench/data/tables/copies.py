"""Columns that repeat the label, or a column that is set aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.labels import as_numbers
from embedbench.files.names import name_of
from embedbench.files.tables.cells import Written, is_missing, to_float
from embedbench.types import FurtherLabel


def without_copies(
    features: pd.DataFrame,
    label: NDArray[Any] | None,
    classes: tuple[str, ...],
    *,
    comma_is_decimal: bool = False,
    what: str = "the label",
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The features without those that repeat the label in every row, and what is to be said, one sentence each.

    Args:
        features: ``(rows, columns)``.
        label: Class numbers or a real target, ``(rows,)``, several labels a row, ``(rows, labels)``, or ``None``.
        classes: Their names; none of a real target.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
        what: The label, as a sentence names it.

    Raises:
        UsageError: If no other feature is left.
    """
    if label is None or label.ndim > 1 or len(np.unique(label)) < 2:
        return features, ()  # a column of lists is no feature, and one of texts holds single categories
    copies, said = [], []
    for name, values in features.items():
        if _repeats(values, label, classes, comma_is_decimal):
            copies.append(name)
            said.append(f"column {name!r} repeats {what} in every row: left out")
    if copies and len(copies) == features.shape[1]:
        raise UsageError(
            f"no feature is left beside {', '.join(map(repr, copies))}, which repeats {what}; give others."
        )
    return features.drop(columns=copies), tuple(said)


def without_copies_of(
    features: pd.DataFrame, further: Mapping[str, FurtherLabel], *, comma_is_decimal: bool = False
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The same for columns that are set aside, by the rows that have a value in them.

    Raises:
        UsageError: If no other feature is left.
    """
    said: tuple[str, ...] = ()
    for name, one in further.items():
        some, what = features[one.there], f"column {name!r}, which is set aside,"
        kept, more = without_copies(
            some, one.label[one.there], one.classes, comma_is_decimal=comma_is_decimal, what=what
        )
        features, said = features[kept.columns], (*said, *more)
    return features, said


def _repeats(values: pd.Series[Any], label: NDArray[Any], classes: tuple[str, ...], comma_is_decimal: bool) -> bool:
    if not classes:
        if label[0] not in {to_float(values.iloc[0], how) for how in get_args(Written)}:
            return False  # as most columns, without a look at the rest
        numbers = as_numbers(values, comma_is_decimal=comma_is_decimal)
        return numbers is not None and np.array_equal(numbers, label)
    plain = (str, bytes, bool, np.bool_, int, float, np.number)
    rows = zip(values, label, strict=True)
    return all(
        isinstance(value, plain) and not is_missing(value) and name_of(value) == classes[number]
        for value, number in rows
    )
