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

    Args:
        rows: float32 ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
    """

    def __init__(self, rows: Floats, order: Order) -> None:
        frame, exact = Frame.of(rows), rows.shape[1] <= _NARROW or rows.size <= _SMALL
        self._points: Real = np.empty(rows.shape, np.float64 if exact else np.float32)
        for start in range(0, len(rows), _PLACED):
            some = slice(start, start + _PLACED)
            self._points[some] = frame.place(rows[order[some]].astype(self._points.dtype, copy=False))
        self._squares: Real = np.einsum("ij,ij->i", self._points, self._points)
        self._least = _least(self._squares)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._points)

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        product = self._points[start:stop] * -2 @ self._points.T
        return _root(product, self._squares, self._least, start, stop)


class Sparse:
    """Euclidean distances between rows that are mostly zeros.

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
        return _root(product, self._squares, self._least, start, stop)


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


def _root(product: Real, squares: Real, least: float, start: int, stop: int) -> Real:
    """Distances from −2 times the products of rows, ``(stop - start, rows)``."""
    product += squares
    product += squares[start:stop, None]
    np.maximum(product, least, out=product)
    return np.sqrt(product, out=product)
