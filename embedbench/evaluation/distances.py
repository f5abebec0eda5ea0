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
_ROUNDING = 2.0**-46  # of a squared distance that is the difference of squared lengths in float64

Order = NDArray[np.int64]


class Distances(Protocol):
    """Rows in a fixed order, known by how far they are from each other."""

    def __len__(self) -> int:
        """Number of rows."""

    def block(self, start: int, stop: int) -> Floats:
        """Distances of the rows of these places to all, float32 ``(stop - start, rows)``, not negative."""


class Dense:
    """Euclidean distances between rows of numbers.

    They come from products of rows, in float64 for up to 256 features or a million numbers, else in float32. What is
    within float64's rounding of 0 is 0, so that equal rows have no distance.

    Args:
        rows: float32 ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
    """

    def __init__(self, rows: Floats, order: Order) -> None:
        points: NDArray[Any] = Frame.of(rows).place(rows)[order]
        self._squares = np.einsum("ij,ij->i", points, points)
        if points.shape[1] <= _NARROW or points.size <= _SMALL:
            points = points.astype(np.float64)
            self._squares = np.einsum("ij,ij->i", points, points) * (1 - _ROUNDING)
        self._points = points

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._points)

    def block(self, start: int, stop: int) -> Floats:
        """See `Distances`."""
        product = self._points[start:stop] * -2 @ self._points.T
        return _root(product, self._squares, start, stop)


class Sparse:
    """Euclidean distances between rows that are mostly zeros.

    Args:
        rows: float64 ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
    """

    def __init__(self, rows: csr_array, order: Order) -> None:
        self._points = rows[order]
        self._turned = self._points.T.tocsr()
        self._squares = self._points.multiply(self._points).sum(axis=1) * (1 - _ROUNDING)

    def __len__(self) -> int:
        """Number of rows."""
        return int(self._points.shape[0])

    def block(self, start: int, stop: int) -> Floats:
        """See `Distances`."""
        product = (self._points[start:stop] * -2 @ self._turned).toarray()
        return _root(product, self._squares, start, stop)


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

    def block(self, start: int, stop: int) -> Floats:
        """See `Distances`."""
        return self._relations[self._order[start:stop]].take(self._order, axis=1)


def _root(product: NDArray[Any], squares: NDArray[Any], start: int, stop: int) -> Floats:
    """Distances from −2 times the products of rows ``(stop - start, rows)``, and the squared lengths ``(rows,)``."""
    product += squares
    product += squares[start:stop, None]
    np.maximum(product, 0, out=product)
    np.sqrt(product, out=product)
    distances: Floats = product.astype(np.float32, copy=False)
    return distances
