"""Matrices of distances: from a square array or a list of pairs, and what is wrong with them in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from embedbench.data.tables.kinds import recognise, tidy
from embedbench.data.tables.roles import check_columns
from embedbench.errors import UsageError
from embedbench.memory import check_memory

TOLERANCE = 1e-5  # of the largest distance: what rounding may have done to symmetry, to zeros and to signs

_PAIR = 13  # bytes of each pair at a time: a float64, whether it is listed, and a float32
_RANGE = 60  # powers of two, beyond which float32 doesn't hold the squares that models take with room to spare
_LOOKED_AT = 4_000_000  # distances that quartiles are taken of, at most
_COARSE, _EQUAL = 2.0**-20, 2.0**-40  # of the median distance: what float32 nearly loses, and what counts as no matter


def check_matrix(matrix: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """A matrix of distances, float32 ``(rows, rows)``: symmetric, 0 or more, 0 on the diagonal.

    What deviates from that by at most 1e-5 of the largest entry is taken for rounding and repaired.

    Args:
        matrix: As it was read.
        path: The file that a refusal names.

    Raises:
        UsageError: If it isn't square, or an entry is no number, NaN or infinite, below 0, not 0 on the diagonal, or
            unlike its mirror image; names the first such entry. Also as `refuse_beyond_float32`.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix) or matrix.dtype.kind not in "fiub":
        got = f"{matrix.dtype} of shape {matrix.shape}"
        raise UsageError(f"{path} must hold a square matrix of distances, a row and a column for each row, got {got}.")
    with np.errstate(over="ignore"):
        found = matrix.astype(np.float32)
    _refuse(~np.isfinite(found), found, path, "a distance must be a finite float32", "repair it, or leave the row out")
    refuse_beyond_float32(matrix, path)
    allowed = TOLERANCE * float(np.abs(found).max())
    _refuse(found < -allowed, found, path, "a distance must be 0 or more", "give distances rather than similarities")
    own = np.diag(np.abs(found.diagonal()) > allowed)
    _refuse(own, found, path, "a row's distance to itself must be 0", "give distances rather than similarities")
    _refuse(np.abs(found - found.T) > allowed, found, path, "distances must be symmetric", "average the two directions")
    mended: NDArray[np.float32] = np.maximum((found + found.T) / 2, 0)
    np.fill_diagonal(mended, 0)
    return mended


def refuse_beyond_float32(matrix: NDArray[Any], path: Path) -> None:
    """Checks finite distances of any shape for what float32 would lose; quartiles are those of 4 million at most.

    Raises:
        UsageError: If the largest is beyond 2^60 or the median of those above 0 below 2^-60; or if, of a wider type,
            the middle half of these differs by less than 2^-20 of the median, but more than rounding does (2^-40).
    """
    most = float(matrix.max(initial=0))
    if most <= 0:
        return
    some = matrix[:: -(-matrix.size // _LOOKED_AT)]
    positive = some[some > 0].astype(np.float64)
    low, median, high = np.quantile(positive, [0.25, 0.5, 0.75], method="nearest") if len(positive) else [most] * 3
    if most > 2.0**_RANGE or median < 2.0**-_RANGE:
        raise UsageError(
            f"{path} holds distances up to {most:.3g}, half of them up to {median:.3g}, which float32 can't be counted "
            "on for; give them in a unit that brings most near 1."
        )
    if matrix.dtype.itemsize > 4 and _EQUAL * median < high - low < _COARSE * median:
        raise UsageError(
            f"half of the distances of {path} lie within {high - low:.3g} of {median:.10g}, which float32 can't tell "
            "apart; subtract what they have in common."
        )


def from_pairs(
    frame: pd.DataFrame, rows: int | None, path: Path, *, comma_is_decimal: bool = False
) -> tuple[NDArray[np.float32], list[str]]:
    """The matrix of a list of pairs, and what was read otherwise than it is written or filled in.

    A pair may be listed in either direction or in both. One that isn't listed gets the length of the shortest path over
    those that are.

    Args:
        frame: Columns i and j, row numbers from 0, and distance.
        rows: Number of rows; ``None``: one more than the largest number.
        path: The file that a refusal names.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

    Raises:
        UsageError: If a column is missing or is no numbers, a number is out of its range, a pair is listed twice with
            different distances, some rows can't be reached from others, or as ``check_matrix``.
    """
    check_columns(frame, {"pair": ["i", "j", "distance"]})
    if frame.empty:
        raise UsageError(f"{path} lists no pairs; give some.")
    ends = [_row_numbers(frame[name], rows, path) for name in ("i", "j")]
    columns, said = recognise(frame[["distance"]], comma_is_decimal=comma_is_decimal, leave_out=False)
    if columns[0].kind != "number":
        raise UsageError(f"column 'distance' of {path} must hold numbers, got {frame['distance'].iloc[0]!r}.")
    length = tidy(frame, columns)["distance"].to_numpy(np.float64)
    if not np.isfinite(length).all():
        pair = int(np.isfinite(length).argmin()) + 1
        raise UsageError(f"a distance must be a finite number, but pair {pair} of {path} has none; leave it out.")
    one, other = np.minimum(*ends), np.maximum(*ends)
    size = int(other.max()) + 1 if rows is None else rows
    check_memory(_PAIR * size**2, f"the matrix of the distances between {size:,} rows of {path}", "give fewer rows")
    found = np.full((size, size), np.inf)
    np.fill_diagonal(found, 0)
    found[one, other] = found[other, one] = length
    differ = np.flatnonzero(~(np.abs(found[one, other] - length) <= TOLERANCE * np.abs(length).max()))
    if len(differ):
        i, j, d = one[differ[0]], other[differ[0]], length[differ[0]]
        raise UsageError(f"{path} gives the pair ({i}, {j}) the distances {d:g} and {found[i, j]:g}; keep one of them.")
    listed = np.zeros(found.shape, bool)
    listed[one, other] = listed[other, one] = True
    np.fill_diagonal(listed, True)
    whole, filled = _filled(found, listed, path)
    return whole, [*said, *filled]


def _filled(
    matrix: NDArray[np.float64], listed: NDArray[np.bool_], path: Path
) -> tuple[NDArray[np.float32], list[str]]:
    """Puts shortest paths where nothing is listed."""
    missing, size = int((~listed).sum()) // 2, len(matrix)
    if not missing:
        return check_matrix(matrix, path), []
    check_matrix(np.where(listed, matrix, 0), path)  # a path over bad distances would hide them
    start, end = (numbers.astype(np.int32) for numbers in np.nonzero(listed))  # scipy 1.13 finds no paths of int64
    graph = csr_array((matrix[start, end], (start, end)), (size, size))
    parts = connected_components(graph, directed=False)[0]
    if parts > 1:
        raise UsageError(f"the pairs of {path} join its {size} rows in {parts} parts; add pairs between these.")
    whole = np.where(listed, matrix, dijkstra(graph, directed=False))
    pairs = size * (size - 1) // 2
    return check_matrix(whole, path), [f"{missing} of {pairs} pairs aren't listed: shortest paths over the listed ones"]


def _row_numbers(column: pd.Series[Any], rows: int | None, path: Path) -> NDArray[np.int64]:
    largest = np.inf if rows is None else rows - 1
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = np.flatnonzero(~((numbers >= 0) & (numbers <= largest) & (numbers % 1 == 0)))
    if len(bad):
        allowed = "0 or more" if rows is None else f"in [0, {rows - 1}]"
        raise UsageError(
            f"column {column.name!r} of {path} must hold row numbers {allowed}, got {column.iloc[bad[0]]!r} in pair "
            f"{bad[0] + 1}; mend that."
        )
    return numbers.astype(np.int64)


def _refuse(bad: NDArray[np.bool_], matrix: NDArray[np.float32], path: Path, rule: str, cure: str) -> None:
    if bad.any():
        i, j = np.unravel_index(int(bad.argmax()), bad.shape)
        values = f"{matrix[i, j]:g}" + (f" and {matrix[j, i]:g}" if i != j and matrix[i, j] != matrix[j, i] else "")
        raise UsageError(f"{rule}, but {path} holds {values} between the rows {i} and {j}; {cure}.")
