"""Brings arrays from outside to the types that the metrics count on, or refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_BLOCK = 4_000_000  # numbers looked at at a time


def refuse_non_finite(what: str, values: NDArray[Any], names: Sequence[object]) -> None:
    """Checks a table ``(rows, columns)`` for NaN and infinite values.

    Raises:
        UsageError: If there are any; it names the first three columns and says how many each holds.
    """
    step = max(1, _BLOCK // max(1, values.shape[1]))
    bad = np.zeros(values.shape[1], np.int64)
    for start in range(0, len(values), step):
        bad += np.count_nonzero(~np.isfinite(values[start : start + step]), axis=0)
    found = [f"column {names[i]!r} holds {bad[i]}" for i in np.flatnonzero(bad).tolist()]
    if found:
        more = f", {len(found) - 3} more columns hold some" if len(found) > 3 else ""
        listed = ", ".join(found[:3])
        raise UsageError(f"{what} has NaN or infinite values: {listed}{more}; drop those rows or fill them in.")


def table(name: str, values: Any) -> NDArray[np.float32]:
    """Numbers as float32 ``(rows, columns)``, at least one of each.

    Rows in the order of C that are float32 already stay where they are, in memory or in a file; others are copied once.

    Raises:
        UsageError: If they aren't that, or if any is NaN or infinite (as float32).
    """
    array = np.asarray(values)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiub":
        got = f"{array.dtype} of shape {array.shape}"
        raise UsageError(f"{name} must be numbers of shape (rows, columns), at least one of each, got {got}.")
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(array, np.float32)
    refuse_non_finite(name, array, range(array.shape[1]))
    return array


def labels(values: Any) -> NDArray[Any] | None:
    """Class numbers (integers, booleans) as int64 or a real target (floats) as float64, ``(rows,)``.

    Raises:
        UsageError: If they aren't that, or if any is NaN or infinite.
    """
    if values is None:
        return None
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        got = f"{array.dtype} of shape {array.shape}"
        raise UsageError(f"label must be class numbers or real targets of shape (rows,), got {got}.")
    if array.dtype.kind != "f":
        return array.astype(np.int64)
    refuse_non_finite("label", array[:, None], ["label"])
    return array.astype(np.float64)


def inputs(values: Any) -> NDArray[np.float32] | csr_array | None:
    """An input space as a `table`, or as a float64 CSR matrix if it is sparse (which is known by its ``tocsr``).

    Raises:
        UsageError: As `table` does.
    """
    if values is None:
        return None
    if not hasattr(values, "tocsr"):
        return table("x", values)
    from scipy.sparse import csr_array

    matrix = csr_array(values, dtype=np.float64)
    if bad := int((~np.isfinite(matrix.data)).sum()):
        raise UsageError(f"x holds {bad} NaN or infinite values; drop those rows or fill them in.")
    return matrix


def relations(values: Any) -> NDArray[np.float32] | None:
    """Distances of rows from each other as float32 ``(rows, rows)``.

    Raises:
        UsageError: If they aren't a square table of finite numbers, or if any is negative.
    """
    if values is None:
        return None
    matrix = table("relations", values)
    if matrix.shape[0] != matrix.shape[1]:
        raise UsageError(f"relations must be square, a row and a column for each row of z, got shape {matrix.shape}.")
    if matrix.min() < 0:
        raise UsageError(f"relations must be distances, 0 or more, got {matrix.min():g}; give distances.")
    return matrix
