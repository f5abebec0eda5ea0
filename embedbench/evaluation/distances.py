"""Distances from a few rows to all of them, whatever the rows are given as; never all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.frame import Floats, Frame

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_NARROW = 256  # features up to which a product in float64 costs little beside all else
_SMALL = 1 << 20  # numbers up to which it does
_SLIM = 32  # features up to which a product of few rows is as fast as one of many
_FEW = 2000  # rows whose distances stay in float64; of more, figures are means over so many that float32 will do
_CHUNK = 100_000  # distances finished at a time: they stay in a core's cache
_PLACED = 1000  # rows brought to their frame at a time
_ROUNDING = {np.dtype(np.float64): 2.0**-44, np.dtype(np.float32): 2.0**-20}  # of squared lengths in their difference

Order = NDArray[np.int64]
Real = NDArray[np.floating[Any]]


class Distances(Protocol):
    """Rows in a fixed order, known by how far they are from each other."""

    def __len__(self) -> int:
        """Number of rows."""

    def block(self, start: int, stop: int) -> Real:
        """Distances of the rows of these places to all, in one unit, ``(stop - start, rows)``, not negative."""


class Dense:
    """Euclidean distances between rows of numbers.

    The unit is the scale of their `Frame`. They come from products of rows, in float64 for up to 256 features or a
    million numbers, else in float32; what is too small to be told from rounding is one distance, that of equal rows.
    They are float32 for more than 2,000 rows.

    Args:
        rows: float32 ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
    """

    def __init__(self, rows: Floats, order: Order) -> None:
        frame, exact = Frame.of(rows), rows.shape[1] <= _NARROW or rows.size <= _SMALL
        n_rows, self._features = rows.shape
        # with 1 and the squared length behind the numbers, one product gives squared distances
        self._points: Real = np.ones((n_rows, self._features + 2), np.float64 if exact else np.float32)
        points = self._points[:, : self._features]
        for start in range(0, n_rows, _PLACED):
            some = slice(start, start + _PLACED)
            points[some] = frame.place(rows[order[some]].astype(points.dtype, copy=False))
        squares: Real = np.einsum("ij,ij->i", points, points)
        self._points[:, -1] = squares
        self._least = _least(squares)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._points)

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        if self._features > _SLIM:
            return _root(self._squared(start, stop), self._least)
        step = max(1, _CHUNK // len(self))
        parts = range(start, stop, step)
        return np.concatenate([_root(self._squared(one, min(one + step, stop)), self._least) for one in parts])

    def _squared(self, start: int, stop: int) -> Real:
        turned = np.empty((stop - start, self._features + 2), self._points.dtype)
        np.multiply(self._points[start:stop, : self._features], -2, out=turned[:, :-2])
        turned[:, -2] = self._points[start:stop, -1]
        turned[:, -1] = 1
        squared: Real = turned @ self._points.T
        return squared


class Sparse:
    """Euclidean distances between rows that are mostly zeros, from products in float64; float32 beyond 2,000 rows.

    Args:
        rows: float64 ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
    """

    def __init__(self, rows: csr_array, order: Order) -> None:
        self._points = rows[order]
        self._turned = self._points.T.tocsr()
        self._squares = self._points.multiply(self._points).sum(axis=1)
        self._least = _least(self._squares)

    def __len__(self) -> int:
        """Number of rows."""
        return int(self._points.shape[0])

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        product = (self._points[start:stop] * -2 @ self._turned).toarray()
        product += self._squares
        product += self._squares[start:stop, None]
        return _root(product, self._least)


class Given:
    """Distances that somebody measured.

    Args:
        relations: Distance of each pair of rows, float32 ``(rows, rows)``.
        order: Places of the rows, ``(rows,)``.
    """

    def __init__(self, relations: Floats, order: Order) -> None:
        self._relations, self._order = relations, order

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._order)

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        return self._relations[self._order[start:stop]].take(self._order, axis=1)


def _least(squares: Real) -> float:
    """The squared distance that takes the place of all smaller ones, from the squared lengths ``(rows,)``."""
    return float(np.median(squares)) * _ROUNDING[squares.dtype]


def _root(squares: Real, least: float) -> Real:
    """Distances from squared ones ``(some, rows)``, which may change; of more than 2,000 rows in float32."""
    some, n_rows = squares.shape
    short = n_rows > _FEW and squares.dtype != np.float32
    found: Real = np.empty(squares.shape, np.float32) if short else squares
    step = max(1, _CHUNK // n_rows)
    for start in range(0, some, step):
        part = slice(start, start + step)
        np.clip(squares[part], least, np.inf, out=found[part], casting="same_kind")  # a maximum is slower
        np.sqrt(found[part], out=found[part])
    return found
