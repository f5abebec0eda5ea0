"""Labels of any type and from anywhere: which are missing, which are numbers, and what each class is called."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.names import name_of
from embedbench.files.tables.cells import (
    EXACT,
    by_value,
    how_written,
    is_contrary,
    is_number,
    missing,
    says_nothing,
    to_float,
)
from embedbench.files.tensors import as_array, refuse_no_unit

_LEADING_ZERO = re.compile(r"[+-]?0\d+", re.ASCII)
_CANONICAL = r"0|-?[1-9][0-9]*"  # what a whole number is called
_PLAIN = re.compile(r"[+-]?\d+(,\d{3})*", re.ASCII)


def as_column(values: Any) -> Any:
    """A column of what anybody calls labels, its missing ones kept missing, ``(rows,)``.

    Args:
        values: Anything of one axis: lists, arrays of numpy (masked ones too), pandas, pyarrow or torch.

    Raises:
        UsageError: If there are other axes than one.
    """
    if hasattr(values, "detach"):
        values = as_array("label", values)
    if hasattr(values, "to_pandas"):  # pyarrow's arrays, and polars' columns
        values = values.to_pandas()
    if isinstance(values, np.ma.MaskedArray):
        filled = values.data.astype(object)
        filled[np.ma.getmaskarray(values)] = None
        values = filled
    if isinstance(values, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return pd.Series(values).reset_index(drop=True)
    array = _objects(values) if isinstance(values, (list, tuple)) else np.asarray(values)
    refuse_no_unit("label", array)
    if array.ndim != 1:
        raise UsageError(f"labels must have shape (rows,), got {array.shape}; give one per row.")
    return pd.Series(array.astype(object) if array.dtype.kind in "USm" else array)


def as_numbers(values: pd.Series[Any], *, comma_is_decimal: bool = False) -> NDArray[np.float64] | None:
    """The labels as numbers, NaN where one is missing, ``(rows,)``; ``None`` unless all of them are numbers.

    A text is one as in a feature column, but with a leading 0, as in 007, it is a name. Words such as "NA" and "?"
    among numbers are missing ones.

    Args:
        values: ``(rows,)``.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals, as in a feature column.

    Raises:
        UsageError: If all are numbers, some with decimal commas and others with a point.
    """
    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values.dtype):
        return None
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_complex_dtype(values.dtype):
        return values.to_numpy(np.float64, na_value=np.nan)
    texts = {value for value in values if isinstance(value, str)}
    if any(_LEADING_ZERO.fullmatch(text.strip()) for text in texts):
        return None
    written = how_written(texts, comma_is_decimal=comma_is_decimal)
    numbers = np.full(len(values), np.nan)
    there = np.flatnonzero(~missing(values))
    found = by_value(values.iloc[there], lambda value: np.nan if _says_nothing(value) else to_float(value, written))
    if any(number is None for number in found):
        return None
    if contrary := sorted(text for text in texts if is_contrary(text, written)):
        raise UsageError(f"the labels hold decimal commas, and {contrary[0]!r}; write numbers alike.")
    numbers[there] = found
    return None if np.isnan(numbers).all() else numbers


def without_label(values: pd.Series[Any]) -> NDArray[np.bool_]:
    """Which labels are missing, ``(rows,)``."""
    numbers = as_numbers(values)
    return missing(values) if numbers is None else np.isnan(numbers)


def are_whole(values: pd.Series[Any], numbers: NDArray[np.float64]) -> bool:
    """Whether labels are whole numbers: by their type or way of writing, or floats up to 2^53 without a fraction.

    Args:
        values: The labels, none missing, ``(rows,)``.
        numbers: The same as numbers, ``(rows,)``.
    """
    if values.dtype.kind in "iu":
        return True
    if (numbers % 1 != 0).any():  # of 1,250 too, where the comma is decimal
        return False
    unsure = np.ones(len(values), bool)
    if values.dtype.kind == "O":
        unsure = ~np.array(by_value(values, _is_whole), bool)
    return bool((np.abs(numbers[unsure]) <= EXACT).all())


def number_classes(values: pd.Series[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The number of each label's class, int64 ``(rows,)``, and the classes' names in the order of their numbers.

    They are sorted: by the order of a categorical column's categories, else as numbers if all are, else as text.

    Args:
        values: None missing, ``(rows,)``.

    Raises:
        UsageError: If a label can't be a class, such as a list.
    """
    rows = by_value(values, name_of)
    if isinstance(values.dtype, pd.CategoricalDtype):
        there = set(rows)
        ordered = [name for name in dict.fromkeys(map(name_of, values.cat.categories)) if name in there]
    else:
        ordered = sorted(set(rows), key=_order(set(rows)))
    place = {name: number for number, name in enumerate(ordered)}
    return np.array([place[name] for name in rows], np.int64), tuple(ordered)


def plain_labels(values: pd.Series[Any], what: str) -> NDArray[Any]:
    """Labels as integers, booleans or floats if all are numbers of that type, else the names of classes, ``(rows,)``.

    Args:
        values: ``(rows,)``.
        what: They, as a refusal names them.

    Raises:
        UsageError: If one is missing, or can't be a class.
    """
    gone = int(missing(values).sum())
    if gone and values.dtype.kind != "f":  # NaN among floats is refused with whatever else isn't finite
        raise UsageError(f"{what} holds {gone} missing values; drop those rows or fill them in.")
    kind = values.dtype.kind
    if kind == "f":
        return values.to_numpy(np.float64, na_value=np.nan)
    if kind in "iub" and not isinstance(values.dtype, pd.CategoricalDtype):
        return values.to_numpy({"i": np.int64, "u": np.uint64, "b": np.bool_}[kind])
    kinds = {"b" if isinstance(v, (bool, np.bool_)) else "n" if is_number(v) else "t" for v in values}
    if kinds == {"b"}:
        return values.to_numpy(np.bool_)
    if kinds == {"n"} and not all(_is_whole(value) for value in values):
        return values.to_numpy(np.float64)
    if kinds == {"n"} and all(-(2**63) <= value < 2**63 for value in values):
        return values.to_numpy(np.int64)
    numbers, names = number_classes(values)
    return np.array(names, str)[numbers]


def labels_of_cells(values: pd.Series[Any], what: str, *, comma_is_decimal: bool = False) -> NDArray[Any]:
    """Labels as `plain_labels` gives them, of a column of a file: texts that say numbers, True or False are that.

    Whole numbers that are written otherwise than they are called, as +1 and 1,000 are, stay names: +1 and 1 are two.

    Args:
        values: ``(rows,)``.
        what: They, as a refusal names them.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

    Raises:
        UsageError: If one is missing, or can't be a class.
    """
    gone = int(without_label(values).sum())
    if gone:
        raise UsageError(f"{what} holds {gone} missing values; drop those rows or fill them in.")
    if values.dtype.kind != "O":
        return plain_labels(values, what)
    numbers = as_numbers(values, comma_is_decimal=comma_is_decimal)
    if numbers is not None and not all(_says(value, number) for value, number in zip(values, numbers, strict=True)):
        return numbers
    names = pd.Series(by_value(values, name_of))
    if numbers is not None and names.str.fullmatch(_CANONICAL).all():
        return plain_labels(names.map(int), what)
    return names.eq("True").to_numpy() if names.isin(["True", "False"]).all() else plain_labels(names, what)


def _order(names: set[str]) -> Any:
    if all(to_float(name) is not None for name in names):
        return lambda name: (to_float(name), name)
    return str


def _says_nothing(value: Any) -> bool:
    return isinstance(value, str) and says_nothing(value)


def _is_whole(value: Any) -> bool:
    """By its type or way of writing alone."""
    if isinstance(value, str):
        return bool(_PLAIN.fullmatch(value.strip()))
    return is_number(value) and isinstance(value, (int, np.integer))


def _says(value: Any, number: float) -> bool:
    """Whether a value is a whole number by its way of writing, and that number: 1,000 may also be 1."""
    return _is_whole(value) and (not isinstance(value, str) or float(value.replace(",", "")) == number)


def _objects(values: list[Any] | tuple[Any, ...]) -> NDArray[Any]:
    """Values of whatever types as they are, for numpy would make one type of them."""
    array = np.empty(len(values), object)
    for place, value in enumerate(values):  # one by one, or lists of one length would be an axis
        array[place] = value.item() if hasattr(value, "detach") and value.ndim == 0 else value
    return array
