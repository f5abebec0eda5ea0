"""How far a squared distance that comes from a product can be trusted, and what takes its place where it can't.

The contract of every distance in here: order and ties are those of float64 differences of the given values. Products
are many times faster, and right but for rounding that grows with the rows' lengths instead of their distance. So they
come first, `error` bounds what they may be off by, and where that leaves an order open, `Differences` settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import FAR, Normaliser, parts

_STEPS = {np.dtype(np.float32): 2.0**-24, np.dtype(np.float64): 2.0**-53}
_TIE = (
    2.0**-40
)  # of a squared distance: what rounding of float64 rows moves it by, and hardly ever the gap of real rows
_TURNED = 2.0**-48  # of a distance: what the rounding of lengths moves rows of length 1 by
_BLOCK = 500_000  # numbers of differences held at a time (4 MB)
_LOOKS = (64, 2048)  # rows compared with others, and those
_FINE = 2.0**-12
_LOOKED_AT = 50_000  # numbers: few, since those of ordinary rows say no at once
_LARGEST = float(np.finfo(np.float64).max)

Real = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def error(dim: int, kind: Any = np.float32) -> float:
    """How far |q|² + |g|² − 2qg may be off, in units of (|q| + |g|)²; also that of rows rounded to the same type.

    The rounding of a sum of products grows with the root of their number. The factors are a fifth above the largest
    error that was met among ten million pairs of rows of 2 to 2,048 numbers, normal, even and log-normal.
    """
    return (4 + 0.4 * sqrt(dim)) * _STEPS[np.dtype(kind)]


def slack(squares: Real, lengths: Real, dim: int, kind: Any = np.float32) -> Real:
    """The same for squared distances from rows of these lengths, whose other row is no longer than both together.

    Infinite where a row may have been cut by its `Normaliser`.
    """
    found: Real = error(dim, kind) * (2 * lengths + np.sqrt(np.maximum(squares, 0))) ** 2
    return np.where((squares < FAR**2 / 4) & (lengths < FAR / 2), found, np.inf).astype(squares.dtype)


def exact(blocks: Callable[[], Iterable[Real]], kind: Any = np.float32) -> bool:
    """Whether products of rows are exact in a type: they are whole multiples of one number, and none is too large.

    Then squared distances are exact in whatever order they are summed: of pixels of digits, of counts, of answers.

    Args:
        blocks: Gives the rows, ``(some rows, dim)`` each; up to three times. The fewer in each, the sooner ordinary
            rows say no.
        kind: Of the products.
    """
    first = next(iter(blocks()))
    if not _are_whole((first,), float(np.abs(first).max()), kind):  # nor are they in the larger steps of all rows
        return False
    return _are_whole(blocks(), max(float(np.abs(block).max()) for block in blocks()), kind)


def _are_whole(blocks: Iterable[Real], largest: float, kind: Any) -> bool:
    """Whether rows, none larger than a number, are multiples of a step so large that squared distances are exact."""
    if not largest:
        return True
    bits = -np.log2(_STEPS[np.dtype(kind)]) - 1  # one is left for whoever needs it
    for block in blocks:
        # No sum exceeds dim · (2 · largest)².
        per_step = 2.0 ** -np.ceil(np.log2(largest) - (bits - np.log2(4 * block.shape[1])) / 2)
        if not np.isfinite(per_step):
            return False
        steps = block * block.dtype.type(per_step)
        if not (steps == np.rint(steps)).all():
            return False
    return True


class Differences(NamedTuple):
    """Query rows and gallery rows as they were given, for distances from their differences.

    Attributes:
        gallery: ``(rows, dim)``, in memory or in a file.
        query: ``(query rows, dim)``.
        unit: Brings rows to float64 in the unit of the products that are settled.
        centre: Where these have their origin, in that unit, ``(dim,)``.
        turned: Whether the unit of each row is its length.
    """

    gallery: Real
    query: Real
    unit: Callable[[Real], Floats]
    centre: Floats
    turned: bool = False

    @classmethod
    def plain(cls, gallery: Real, query: Real) -> Differences:
        """Of rows in their own unit."""
        origin = np.zeros(gallery.shape[1])
        return cls(gallery, query, Normaliser(origin, 0).scaled, origin)

    def of(self, chosen: Integers) -> Differences:
        """Those of some queries."""
        return self._replace(query=self.query[chosen])

    def certain(self, kind: Any = np.float32) -> bool:
        """Whether products of rows are exact in a type, so that nothing is left open."""
        if self.turned or not exact(lambda: self._centred(self.query), kind):
            return False
        both = (self.query,) if self.query is self.gallery else (self.query, self.gallery)
        return exact(lambda: (block for rows in both for block in self._centred(rows)), kind)

    def _centred(self, rows: Real) -> Iterator[Floats]:
        return (self.unit(rows[some]) - self.centre for some in parts(rows.shape, _LOOKED_AT))

    def squares(self, query: Integers, gallery: Integers) -> Floats:
        """Squared distances of pairs of rows with these numbers ``(pairs,)``; at most the largest float64."""
        found = np.empty(len(query))
        for some in parts((len(query), self.gallery.shape[1]), _BLOCK):
            names, place = query[some][:1], None
            if (query[some] != names).any():
                names, place = np.unique(query[some], return_inverse=True)
            one = self.unit(self.query[names])
            with np.errstate(over="ignore", invalid="ignore"):
                apart = self.unit(self.gallery[gallery[some]])
                apart -= one if place is None else one[place]
                np.einsum("ij,ij->i", apart, apart, out=found[some])
        np.fmin(found, _LARGEST, out=found)  # which also takes the place of what isn't a number
        return np.where(found < _TURNED**2, 0, found) if self.turned else found


def ties(squares: Floats, first: NDArray[np.bool_], turned: bool = False) -> Integers:
    """Numbers of groups of squared distances that are equal but for rounding, in rising order, ``(pairs,)``.

    >>> ties(np.array([0, 1, 1 + 1e-14, 1.5, 0]), np.arange(5) % 4 == 0).tolist()
    [1, 2, 2, 3, 4]

    Args:
        squares: Of one row after the other, rising for each.
        first: Where a row begins.
        turned: Whether rows were brought to length 1, which rounds them.
    """
    tolerated = _TIE * squares + (_TURNED * np.sqrt(squares) if turned else 0)
    steps = squares - np.append(0, squares[:-1])  # a third of the time of `diff` where pairs are few
    return np.cumsum((steps > tolerated) | first)


def mend(squares: Floats, x: Real, y: Real, near: NDArray[np.bool_]) -> None:
    """Puts squared distances from differences where those by products are too short to be trusted.

    Args:
        squares: ``(rows of x, rows of y)``.
        x: ``(rows, dim)``.
        y: ``(rows, dim)``.
        near: Which are, ``(rows of x, rows of y)``.
    """
    one, other = np.nonzero(near)
    for some in parts((len(one), x.shape[1]), _BLOCK):
        apart = x[one[some]] - y[other[some]]
        squares[one[some], other[some]] = np.einsum("ij,ij->i", apart, apart)


def is_fine(rows: Real, normaliser: Normaliser) -> bool:
    """Whether float32 would cost rows ``(rows, dim)`` what tells them apart, once their centre is taken away.

    That is: whether one of 64 of them is nearer to another of 2,048 than a 4,096th of its distance from the centre, or
    whether some of these would be cut.
    """
    one, other = (rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)].astype(np.float64) for most in _LOOKS)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(one - normaliser.centre, axis=1)
        may_be = _may_be_tight(one - normaliser.centre, other - normaliser.centre)
        for row, length, near in zip(one, lengths, may_be, strict=True):
            apart = np.linalg.norm(other[near] - row, axis=1)
            if ((apart > 0) & (apart < _FINE * length)).any():
                return True
    return bool((np.abs(normaliser.centred(other)) >= FAR).any())


def _may_be_tight(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Which pairs are nearer than twice what `is_fine` asks, or too near for products to tell, ``(one, other)``."""
    own, their = (np.einsum("ij,ij->i", rows, rows) for rows in (one, other))
    both = own[:, None] + their
    far = both - 2 * one @ other.T > 4 * _FINE**2 * own[:, None] + 2.0**-30 * both
    return np.asarray(~far)  # not the nearer, since what overflows is neither
