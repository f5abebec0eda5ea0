"""What is wrong with raw data, said in one sentence before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError

_LARGEST = np.finfo(np.float32).max
_SHOWN = 5
_NAMED = 3  # classes of a single row, at most


def finite(x: NDArray[Any], names: Sequence[str] = (), missing: bool = False) -> None:
    """Refuse values that no float32 tensor can hold.

    Args:
        x: Numbers, ``(rows, features)`` or ``(rows, *shape)``.
        names: Names of the columns; without them they are counted from 0.
        missing: Whether NaN is allowed, because it is filled later.

    Raises:
        UsageError: If any value is NaN, infinite or larger than float32's largest; says which columns (or rows, for
            images) and how many values.
    """
    if x.dtype.kind in "biu":
        return
    bad = ~(np.abs(x) <= _LARGEST)
    if missing:
        bad &= ~np.isnan(x)
    if not bad.any():
        return
    kind = "infinite or beyond float32" if missing else "NaN, infinite or beyond float32"
    if x.ndim == 2:
        counts = bad.sum(axis=0)
        columns = np.flatnonzero(counts)
        where = [f"{_column(c, names)}: {counts[c]}" for c in columns[:_SHOWN]]
        more = f" and {len(columns) - _SHOWN} more columns" if len(columns) > _SHOWN else ""
        raise UsageError(f"values that are {kind} in {', '.join(where)}{more}; repair or drop them.")
    rows = np.flatnonzero(bad.reshape(len(x), -1).any(axis=1))
    raise UsageError(f"{bad.sum()} values are {kind} in {len(rows)} rows, the first is row {rows[0]}; repair them.")


def check_labels(rows: int, label: NDArray[Any] | None) -> None:
    """Refuse an empty data set and labels that don't fit its rows.

    Raises:
        UsageError: If there is no row, the label's length or shape differs, or a real target is not finite.
    """
    if rows == 0:
        raise UsageError("the data hold no rows; give at least a few per class.")
    if label is None:
        return
    if label.shape[:1] != (rows,) or label.ndim > (2 if label.dtype == np.int8 else 1):
        raise UsageError(f"the label must have shape ({rows},), one for each row of x, got {label.shape}.")
    if bad := int((~np.isfinite(label)).sum()):
        raise UsageError(f"the label holds {bad} values that are NaN or infinite; repair or drop those rows.")


def repeated_rows(x: NDArray[Any] | pd.DataFrame) -> tuple[str, ...]:
    """What is to be said of rows that are equal to an earlier one in all that is embedded.

    Args:
        x: A table, an array ``(rows, *shape)``, or texts ``(rows,)``.
    """
    if isinstance(x, pd.DataFrame):
        count = int(x.duplicated().sum())
    else:
        count = len(x) - len({str(row) if x.ndim == 1 else row.tobytes() for row in x})
    return (f"{count} of {len(x)} rows repeat an earlier one in all that is embedded",) if count else ()


def two_classes(label: NDArray[np.int64], classes: Sequence[str]) -> None:
    """Refuse train rows of one class only.

    Raises:
        UsageError: If fewer than two class numbers occur; names the one there is.
    """
    present = np.unique(label)
    if len(present) < 2:
        only = f"{classes[present[0]]!r}"
        raise UsageError(f"the train rows hold one class only, {only}; give rows of at least two, or no label.")


def _column(number: int, names: Sequence[str]) -> str:
    return f"column {names[number]!r}" if len(names) else f"column {number} (counted from 0)"


def single_notes(label: NDArray[np.int64], classes: Sequence[str]) -> list[str]:
    """Says which classes have a single row, for such a row is never cut from train.

    Args:
        label: Class numbers, ``(rows,)``.
        classes: Their names.
    """
    names = [classes[number] for number in np.flatnonzero(np.bincount(label, minlength=len(classes)) == 1).tolist()]
    if len(names) > _NAMED:
        return [f"{len(names)} classes have a single row, such as {', '.join(map(repr, names[:_NAMED]))}"]
    return [f"class {name!r} has a single row" for name in names]
