"""Brings arrays from outside to the types that the metrics count on, or refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_BLOCK = 1_000_000  # numbers looked at at a time
_LARGEST = 1e300  # the difference of two such numbers is finite
Real = NDArray[np.floating[Any]]


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


def table(name: str, values: Any) -> Real:
    """Numbers ``(rows, columns)``, at least one of each: float32 if that holds every one of them, else float64.

    Rows in the order of C that are of these types already stay where they are, in memory or in a file, unless float64
    rows turn out to be float32 throughout; others are copied once.

    Raises:
        UsageError: If they aren't that, if any is NaN, infinite or beyond 10^300, or a whole number that float64
            doesn't hold.
    """
    array = np.asarray(values)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "fiub":
        got = f"{array.dtype} of shape {array.shape}"
        raise UsageError(f"{name} must be numbers of shape (rows, columns), at least one of each, got {got}.")
    refuse_non_finite(name, array, range(array.shape[1]))
    wide = array.dtype.itemsize > 4 or (array.dtype.kind in "iu" and array.dtype.itemsize == 4)
    kind = _kind(name, array) if wide else np.float32
    return np.ascontiguousarray(array, kind)


def _kind(name: str, array: NDArray[Any]) -> type[np.floating[Any]]:
    """Float32 if that changes none of the numbers, else float64, if they are fit for it."""
    step = max(1, _BLOCK // array.shape[1])
    blocks = [array[start : start + step] for start in range(0, len(array), step)]
    with np.errstate(over="ignore", invalid="ignore"):
        if all(bool((block.astype(np.float32).astype(block.dtype) == block).all()) for block in blocks):
            return np.float32
    for block in blocks:
        refuse_rounded(name, block)
        _refuse_large(name, block)
    return np.float64


def refuse_rounded(name: str, values: NDArray[Any]) -> None:
    """Checks numbers of any shape for whole ones that float64 doesn't hold.

    Raises:
        UsageError: If there is one; those of a type of floats are as they are.
    """
    if values.dtype.kind not in "iu":
        return
    with np.errstate(invalid="ignore"):
        same = values.astype(np.float64).astype(values.dtype) == values
    if not same.all():
        raise UsageError(f"{name} has whole numbers beyond 2^53, which float64 can't tell apart; subtract an offset.")


def _refuse_large(name: str, values: NDArray[Any]) -> None:
    if values.size and float(np.abs(values).max()) > _LARGEST:
        raise UsageError(f"{name} has numbers beyond {_LARGEST:g}; rescale them, or drop those rows.")


def as_labels(values: Any) -> NDArray[Any] | None:
    """Class numbers (integers, booleans) as int64 or a real target (floats) as float64, ``(rows,)``.

    Integers or booleans ``(rows, labels)`` are several labels a row, 1 for those that it has, else 0; they become int8.

    Raises:
        UsageError: If they aren't that, or if any is NaN or infinite.
    """
    if values is None:
        return None
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] and array.dtype.kind in "iub":
        if not np.isin(array, (0, 1)).all():
            raise UsageError(
                "label of shape (rows, labels) must hold 0 and 1 alone, a column for each label; repair it."
            )
        return array.astype(np.int8)
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        got = f"{array.dtype} of shape {array.shape}"
        raise UsageError(f"label must be class numbers or real targets of shape (rows,), got {got}.")
    if array.dtype.kind != "f":
        return array.astype(np.int64)
    refuse_non_finite("label", array[:, None], ["label"])
    targets = array.astype(np.float64)
    if len(targets) and np.abs(targets).max() > _LARGEST:
        raise UsageError(f"label has numbers beyond {_LARGEST:g}; rescale it.")
    return targets


def inputs(values: Any) -> Real | csr_array | None:
    """An input space as a `table`, or as a float64 CSR matrix if it is sparse (which is known by its ``tocsr``).

    Raises:
        UsageError: As `table` does.
    """
    if values is None:
        return None
    if not hasattr(values, "tocsr"):
        return table("x", values)
    from scipy.sparse import csr_array

    given = csr_array(values)
    if given.dtype.kind not in "fiub":
        raise UsageError(f"x must be numbers of shape (rows, columns), got a sparse matrix of {given.dtype}.")
    refuse_rounded("x", given.data)
    matrix = given.astype(np.float64)
    if bad := int((~np.isfinite(matrix.data)).sum()):
        raise UsageError(f"x holds {bad} NaN or infinite values; drop those rows or fill them in.")
    _refuse_large("x", matrix.data)
    return matrix


def relations(values: Any) -> Real | None:
    """Distances of rows from each other as a `table` ``(rows, rows)``.

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
