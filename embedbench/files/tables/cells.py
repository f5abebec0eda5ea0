"""What a cell says: a number, in one of three ways of writing it, or that nothing is there."""

from __future__ import annotations

import ast
import json
import numbers
import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Written = Literal["plain", "thousands", "decimal_comma"]

NO_NUMBER = frozenset({"na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "nil", "-", "--", "?", "."})
EXACT = 2**53  # the largest whole number below which float64 holds each one

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d*|[1-9]\d{0,2}(\.\d{3})+),\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)  # 0,5 or 1.000,50
_ALMOST = re.compile(  # 1 000,5 or 1'000 or 1.000 or 5 % or $5
    r"[^\w\s]*\s*[+-]?(\d{1,3}([ '’.,\u00a0\u202f]\d{3})+|\d+)([.,]\d+)?\s*[^\w\s]*", re.ASCII
)
_FORTRAN = re.compile(r"[+-]?(\d+\.\d*|\.\d+)d[+-]?\d+|[+-]?\d+d[+-]\d+", re.ASCII | re.IGNORECASE)  # 1.5D+03


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN of any type, NaT, NA, or a text of blanks alone."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Decimal):
        return value.is_nan()
    return bool(value is np.ma.masked or (pd.api.types.is_scalar(value) and pd.isna(value)))


def missing(values: pd.Series[Any]) -> NDArray[np.bool_]:
    """Which cells of a column are empty, as `is_missing` tells of one, ``(rows,)``."""
    gone: NDArray[np.bool_] = values.isna().to_numpy(np.bool_).copy()
    if values.dtype.kind == "O":  # of pandas' text types as well
        gone |= np.array([isinstance(value, str) and not value.strip() for value in values], np.bool_)
    return gone


def by_value(values: Iterable[Any], function: Callable[[Any], Any]) -> list[Any]:
    """The function of each value, called once for values that are equal and of one type."""
    known: dict[tuple[type, Any], Any] = {}
    found = []
    for value in values:
        key = (type(value), value)
        try:
            is_new = key not in known
        except TypeError:  # of lists, which have no hash
            found.append(function(value))
            continue
        if is_new:
            known[key] = function(value)
        found.append(known[key])
    return found


def is_number(value: Any) -> bool:
    """Whether a value is a number by its type; booleans aren't."""
    if type(value) in (int, float, str, bool):  # most values; what follows is slow
        return type(value) in (int, float)
    return isinstance(value, (numbers.Real, Decimal)) and not isinstance(value, (bool, np.bool_))


def almost_number(text: str) -> bool:
    """Whether a text is a number in a dress that isn't taken off here.

    That is a sign of currency or percent, groups of digits, Fortran's exponent, and digits of another script.
    """
    plain = text.strip()
    if not plain.isascii():  # a full stop may be of full width, too
        plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFKC", plain))
        if _NUMBER.fullmatch(plain):
            return True
    return bool(_ALMOST.fullmatch(text.strip()) or _FORTRAN.fullmatch(plain))


def says_nothing(text: str) -> bool:
    """Whether a text is blank, or one of the words for a missing number, in capitals or not."""
    return text.strip().lower() in NO_NUMBER or not text.strip()


def to_float(value: Any, written: Written = "plain") -> float | None:
    """The number that a cell is, or ``None``; a text by its way of writing.

    >>> to_float("1,000.5", "thousands"), to_float("1.000,5", "decimal_comma"), to_float("1,000")
    (1000.5, 1000.5, None)

    Args:
        value: A text or a number; too large a one becomes infinite.
        written: How numbers are written in the column; plain ones are known in each.
    """
    if is_number(value):
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else -float("inf")
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if written == "thousands" and _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if written == "decimal_comma" and _COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    return None


def is_contrary(value: Any, written: Written) -> bool:
    """Whether a cell is a number with a point, in a column whose own numbers have decimal commas."""
    return written == "decimal_comma" and isinstance(value, str) and "." in value and to_float(value) is not None


def how_written(texts: Iterable[str], *, comma_is_decimal: bool = False) -> Written:
    """How the numbers of a column are written.

    Commas mean thousands where each stands before groups of three digits and behind no leading 0, as in 1,000; else
    they are decimal, as in 0,5, if no text with one is anything else.

    Args:
        texts: Different texts of a column.
        comma_is_decimal: Whether commas that could be either are decimal, as in files whose separator is no comma.
    """
    commas = [text.strip() for text in texts if "," in text]
    thousands = sum(bool(_THOUSANDS.fullmatch(text)) for text in commas)
    decimal = sum(bool(_COMMA.fullmatch(text)) for text in commas)
    if not max(thousands, decimal):
        return "plain"
    if thousands != decimal:
        return "thousands" if thousands > decimal else "decimal_comma"
    return "decimal_comma" if comma_is_decimal else "thousands"


def to_list(value: Any) -> list[Any] | None:
    """The elements of a list, an array or a text such as "[0.5, 1]", "[0.5 1.]" or "['a']"; of others ``None``."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return _printed(value.strip()) or _literal(value.strip())
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else None


def _literal(text: str) -> list[Any] | None:
    """A list of texts as Python prints it."""
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _printed(text: str) -> list[float] | None:
    """The numbers of an array as numpy prints it, or of a list as Python does."""
    inner = text[1:-1].strip()
    words = re.split(r"\s*,\s*|\s+", inner) if text.endswith("]") and inner else []
    found = [float("nan") if word == "nan" else to_float(word) for word in words]
    numbers = [number for number in found if number is not None]
    return numbers if numbers and len(numbers) == len(words) else None
