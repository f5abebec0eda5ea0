"""A column of labels of any kind -> class numbers and names, or a real target."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError

Task = Literal["auto", "classification", "regression"]


def encode_label(values: pd.Series[Any], task: Task) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Class numbers and class names, or real numbers and no names.

    The rule of ``task="auto"``: floats of which any is not a whole number are a real target; everything else (strings,
    booleans, categories, integers, and floats that are all whole numbers) is classes.

    Args:
        values: One label a row, none missing, ``(rows,)``.
        task: "classification" or "regression" overrides the rule.

    Returns:
        int64 class numbers ``(rows,)`` in the sorted order of the classes, and the names; or float32 ``(rows,)``, ().

    Raises:
        UsageError: If a number is infinite, or a real target is asked of a column that is not numbers.
    """
    whole = True
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=np.float64)
        if bad := int((~np.isfinite(numbers)).sum()):
            raise UsageError(f"the label holds {bad} values that are NaN or infinite; repair or drop those rows.")
        whole = bool((numbers % 1 == 0).all())
    if task == "regression" or (task == "auto" and not whole):
        return _real(values), ()
    codes, names = pd.factorize(values, sort=True)
    return codes.astype(np.int64), tuple(_name(value) for value in names)


def _real(values: pd.Series[Any]) -> NDArray[np.float32]:
    try:
        return values.to_numpy(dtype=np.float32)
    except (ValueError, TypeError):
        example = next(value for value in values if not isinstance(value, (int, float)))
        raise UsageError(f"a regression label must be numbers, got {example!r}; set task to classification.") from None


def _name(value: Any) -> str:
    """3.0 is called "3": whole classes saved as floats keep their usual name."""
    return str(int(value)) if isinstance(value, (float, np.floating)) and float(value).is_integer() else str(value)
