"""Distances from a few rows to all of them, whatever the rows are given as; never all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.geometry.stored import LARGEST, are_alike, away, root, rounded
from embedbench.neighbors.normaliser import FAR, Normaliser, Real, fast
from embedbench.neighbors.precision import Differences, Floats, Integers, error, ties

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_NARROW = 256  # features up to which a product in float64 costs little beside all else
_SMALL = 1 << 20  # numbers up to which it does
_SLIM = 32  # features up to which a product of few rows is as fast as one of many
_FEW = 2000  # rows whose distances stay in float64; of more, figures are means over so many that float32 mostly will do
_ALL = 30_000_000  # differences of all rows that take no longer than all else (0.1 s)
_APART = 12  # of one from differences: it is rounded to 2^-41, as what is a tie is told
_PAIRED = 20_000  # differences taken at a time
_CHUNK = 100_000  # distances finished at a time: they stay in a core's cache
_PLACED = 1000  # rows normalised at a time
_CLOSE = {np.dtype(np.float64): 2.0**-32, np.dtype(np.float32): 2.0**-8}  # of both lengths, squared
_MANY = 0.02  # share of distances as short as that, from which on float64 products are faster than differences
_LOOKS = (16, 2048)  # rows whose distances to some others tell whether float32 will do
_STORED = {np.dtype(np.float64): 2.0**-35, np.dtype(np.float32): 2.0**-22}  # of a squared distance, once it is stored


class Distances(Protocol):
    """Rows in a fixed order, known by how far they are from each other."""

    def __len__(self) -> int:
        """Number of rows."""

    def block(self, start: int, stop: int) -> Real:
        """Distances of the rows of these places to all, in one unit, ``(stop - start, rows)``, not negative."""

    def slack(self, places: Integers, squares: Floats) -> Floats:
        """How far squared distances of rows at some places ``(some,)`` may be off, ``(some, others)``; 0 if exact."""

    def squares(self, one: Integers, other: Integers) -> Floats:
        """Squared distances of pairs of rows at these places, from differences, ``(pairs,)``."""

    @property
    def turned(self) -> bool:
        """Whether rows were brought to length 1."""


class Dense:
    """Euclidean distances between rows of numbers.

    The unit is the scale of their `Normaliser`. Of few rows they come from differences, and equal ones are equal to the
    last bit, whichever rows they are of. Of others they come from products, in float64 for up to 256 features or a
    million numbers, else in float32, and from differences where these leave too few digits; they are rounded to 2^-37,
    or to float32 for more than 2,000 rows. Rows that are all about equally far, have many ties, or are cut in float32
    keep float64 whatever their number, and so do those that are far off.

    Args:
        rows: ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
        turned: Whether the rows were brought to length 1.
    """

    def __init__(self, rows: Real, order: Integers, turned: bool = False) -> None:
        self._normaliser, self.turned = Normaliser.of(rows), turned
        n_rows, self._features = rows.shape
        self._pairs = Differences(
            rows, rows, self._normaliser.scaled, self._normaliser.scaled(self._normaliser.centre), turned
        )
        self._order = order
        few = n_rows <= _FEW
        self._fine = few or self._is_fine()
        wide = rows.shape[1] <= _NARROW or rows.size <= _SMALL or (self._fine and not few)
        self._points = self._rows_and_ones(np.dtype(np.float64 if wide else np.float32))
        self._far = bool(self._points.max() >= FAR or self._points.min() <= -FAR)
        self._fine |= self._far
        if self._far and not wide:  # float32 has cut them
            self._points = self._rows_and_ones(np.dtype(np.float64))
        points = self._points[:, :-2]
        self._points[:, -1] = np.einsum("ij,ij->i", points, points)
        self._lengths = np.sqrt(self._points[:, -1].astype(np.float64))
        self._away = away(self._lengths)
        self._certain = self._pairs.certain(points.dtype)
        self._by_differences = few and n_rows**2 * self._features <= _ALL and not self._certain

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._points)

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        if self._features > _SLIM and not self._by_differences:
            return self._by_products(start, stop)
        step = max(1, (_PAIRED if self._by_differences else _CHUNK) // len(self))
        parts = [(one, min(one + step, stop)) for one in range(start, stop, step)]
        if self._by_differences:
            return np.concatenate([self._differences(*part) for part in parts])
        return np.concatenate([self._by_products(*part) for part in parts])

    def slack(self, places: Integers, squares: Floats) -> Floats:
        """See `Distances`."""
        kind, lengths = self._points.dtype, self._lengths[places][:, None]
        stored = _STORED[np.dtype(np.float64 if self._fine else np.float32)] * squares
        if self._certain or self._by_differences:
            return np.zeros(squares.shape)
        loose = error(self._features, kind) * (2 * lengths + np.sqrt(squares)) ** 2
        return stored + np.where(self._too_close(squares, lengths, kind), 0, loose)

    def squares(self, one: Integers, other: Integers) -> Floats:
        """See `Distances`."""
        return self._pairs.squares(self._order[one], self._order[other])

    def _by_products(self, start: int, stop: int) -> Real:
        return root(self._squared(start, stop), self._fine or bool(self._away[start:stop].any()))

    def _differences(self, start: int, stop: int) -> Real:
        """Distances of some rows to all, those that are equal but for rounding as one."""
        one, other = np.divmod(np.arange((stop - start) * len(self)), len(self))
        squares = self.squares(one + start, other).reshape(stop - start, -1)
        order = squares.argsort(axis=1)
        rising = np.take_along_axis(squares, order, axis=1).ravel()
        group = ties(rising, other == 0, self.turned)
        least = rising[np.flatnonzero(np.diff(group, prepend=group[0] - 1))]
        np.put_along_axis(squares, order, least[group - group[0]].reshape(squares.shape), axis=1)
        return rounded(np.sqrt(squares, out=squares), _APART)  # ties of other rows have other last bits

    def _too_close(self, squares: Real, lengths: Floats, kind: np.dtype[Any]) -> NDArray[np.bool_]:
        """Whether differences are taken, for lengths ``(some, 1)``; also where a row may have been cut."""
        root = np.sqrt(_CLOSE[kind])
        close = squares < ((2 * root / (1 - root) * lengths) ** 2).astype(squares.dtype)
        if self._far:
            close |= (squares >= FAR**2 / 4) | (lengths >= FAR / 2)
        return np.asarray(close)

    def _placed(self, places: slice, kind: Any) -> Real:
        rows = self._pairs.query[self._order[places]]
        return self._normaliser.normalise(rows.astype(np.promote_types(rows.dtype, kind)))

    def _rows_and_ones(self, kind: np.dtype[Any]) -> Real:
        """Rows of this type; with 1 and the squared length behind them, one product gives squared distances."""
        found: Real = np.ones((len(self._order), self._features + 2), kind)
        for start in range(0, len(found), _PLACED):
            some = slice(start, start + _PLACED)
            rows = self._placed(some, kind)
            found[some, :-2] = fast(rows) if kind == np.float32 else rows
        return found

    def _is_fine(self) -> bool:
        some, others = (self._placed(slice(0, most), np.float64) for most in _LOOKS)
        own, their = (np.einsum("ij,ij->i", rows, rows) for rows in (some, others))
        return are_alike(some * -2 @ others.T + own[:, None] + their)

    def _squared(self, start: int, stop: int) -> Real:
        own = self._points[start:stop]
        turned = np.empty(own.shape, self._points.dtype)
        np.multiply(own[:, :-2], -2, out=turned[:, :-2])
        turned[:, -2] = own[:, -1]
        turned[:, -1] = 1
        squared: Real = turned @ self._points.T
        if self._certain:
            return squared
        near = self._too_close(squared, self._lengths[start:stop, None], squared.dtype)
        many = np.count_nonzero(near) > _MANY * near.size + len(near)
        if squared.dtype == np.float32 and (many or self._away[start:stop].any()):
            squared = self._in_float64(start, stop)
            near = self._too_close(squared, self._lengths[start:stop, None], squared.dtype)
        few = np.flatnonzero(near)  # five times as fast as of a matrix
        one, other = np.divmod(few, len(self))
        one += start
        apart = one != other
        squared.ravel()[few[~apart]] = 0
        found = self.squares(one[apart], other[apart])
        squared.ravel()[few[apart]] = np.minimum(found, LARGEST[squared.dtype])
        return squared

    def _in_float64(self, start: int, stop: int) -> Floats:
        """Squared distances, some columns at a time."""
        rows = self._placed(slice(start, stop), np.float64)
        own, found = np.einsum("ij,ij->i", rows, rows)[:, None], np.empty((stop - start, len(self)))
        for first in range(0, len(self), _PLACED):
            some = slice(first, first + _PLACED)
            block = self._placed(some, np.float64)
            found[:, some] = rows * -2 @ block.T + np.einsum("ij,ij->i", block, block) + own
        return found


class Sparse:
    """Euclidean distances between rows that are mostly zeros, from products in float64, rounded as those of `Dense`.

    Args:
        rows: float64 ``(rows, features)``.
        order: Places of the rows, ``(rows,)``.
    """

    turned = False

    def __init__(self, rows: csr_array, order: Integers) -> None:
        lengths = np.abs(rows).max(axis=1).toarray().ravel()
        self._points = rows[order] * 2.0 ** -_exponent(lengths)
        self._turned = self._points.T.tocsr()
        self._squares: Floats = self._points.multiply(self._points).sum(axis=1)
        self._away = away(np.sqrt(self._squares))
        some, most = _LOOKS
        self._fine = len(self) <= _FEW or are_alike(self._squared(0, some)[:, :most])

    def __len__(self) -> int:
        """Number of rows."""
        return int(self._points.shape[0])

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        return root(self._squared(start, stop), self._fine or bool(self._away[start:stop].any()))

    def slack(self, places: Integers, squares: Floats) -> Floats:
        """See `Distances`."""
        stored = _STORED[np.dtype(np.float64 if self._fine else np.float32)] * squares
        return stored + error(1, np.float64) * (2 * np.sqrt(self._squares[places])[:, None] + np.sqrt(squares)) ** 2

    def squares(self, one: Integers, other: Integers) -> Floats:
        """See `Distances`."""
        found = np.empty(len(one))
        for first in range(0, len(one), _PLACED):
            some = slice(first, first + _PLACED)
            apart = self._points[one[some]] - self._points[other[some]]
            found[some] = apart.multiply(apart).sum(axis=1)
        return found

    def _squared(self, start: int, stop: int) -> Floats:
        squared: Floats = (self._points[start:stop] * -2 @ self._turned).toarray()
        largest = self._squares + self._squares[start:stop, None]
        squared += largest
        one, other = np.nonzero(squared < _CLOSE[squared.dtype] * largest)
        squared[one, other] = self.squares(one + start, other)
        return squared


class Given:
    """Distances that somebody measured.

    Args:
        relations: Distance of each pair of rows, ``(rows, rows)``.
        order: Places of the rows, ``(rows,)``.
    """

    turned = False

    def __init__(self, relations: Real, order: Integers) -> None:
        self._relations, self._order = relations, order
        self._unit = relations.dtype.type(2.0 ** -_exponent(relations[order[:_PLACED]]))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._order)

    def block(self, start: int, stop: int) -> Real:
        """See `Distances`."""
        return np.asarray(self._relations[self._order[start:stop]].take(self._order, axis=1) * self._unit)

    def slack(self, places: Integers, squares: Floats) -> Floats:
        """Nothing: they are as they were given."""
        return np.zeros((len(places), *squares.shape[1:]))

    def squares(self, one: Integers, other: Integers) -> Floats:
        """See `Distances`."""
        found = self._relations[self._order[one], self._order[other]] * self._unit
        return np.asarray(np.square(found, dtype=np.float64))


def _exponent(numbers: Real) -> int:
    """Of the power of two below the median of those that aren't 0."""
    there = numbers[numbers > 0]
    return int(np.frexp(np.median(there))[1]) - 1 if there.size else 0
