"""Where rows have their origin and their unit, so that an offset, a scale or a far row costs no precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Real = NDArray[np.floating[Any]]
FAR = 2.0**50  # a float32 can't tell rows apart from further off; the square still fits
_FARTHEST = 2.0**450  # of float64, likewise
_SAMPLE = 4096  # rows that medians are taken of


class Normaliser(NamedTuple):
    """A centre in the middle of some rows and a scale near their spread, neither of which a few far rows can move.

    Every number of the centre is one that occurs, and the scale is a power of two, so that whole numbers, and multiples
    of any other number, keep exact distances and ties.

    Attributes:
        centre: The median of each column, ``(dim,)``, of the rows' type.
        exponent: Of the scale: 2 to the power of it.
    """

    centre: Real
    exponent: int

    @classmethod
    def of(cls, rows: Real, view: Callable[[Real], Real] | None = None) -> Normaliser:
        """The normaliser of rows ``(rows, dim)``, or of what ``view`` makes of them.

        The scale is that of the median over rows of the largest number in a row less the centre, rows at the centre
        aside. Both are taken of 4,096 rows at equal steps if there are more. Rows that are all equal are only centred.
        """
        chosen = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)
        some = rows[chosen] if view is None else view(rows[chosen])
        middle = len(some) // 2
        columns = some.T.copy()  # so that each lies in one piece
        columns.partition(middle, axis=1)
        centre = columns[:, middle].copy()
        with np.errstate(over="ignore"):  # what overflows is cut in `normalise`
            away = np.abs(some.astype(np.float64) - centre).max(axis=1)
        away = away[away > 0]
        spread = float(np.partition(away, len(away) // 2)[len(away) // 2]) if len(away) else 1.0
        return cls(centre, int(np.frexp(min(spread, np.finfo(np.float64).max))[1]) - 1)

    def normalise(self, rows: Real) -> Real:
        """Rows less the centre over the scale, new ``(rows, dim)``, of the finer type; float32 cut at 2^50."""
        with np.errstate(over="ignore"):
            points: Real = np.subtract(rows, self.centre, order="C")
            _scale(points, -self.exponent)
        most = FAR if points.dtype == np.float32 else _FARTHEST
        return np.clip(points, -most, most, out=points)

    def centred(self, rows: Real) -> NDArray[np.float64]:
        """The same in float64, cut where squares would overflow."""
        return np.clip(self.scaled(rows) - self.scaled(self.centre), -_FARTHEST, _FARTHEST)

    def scaled(self, rows: Real) -> NDArray[np.float64]:
        """Rows over the scale in float64, new ``(rows, dim)``: what differences are taken of."""
        scaled = rows.astype(np.float64)
        with np.errstate(over="ignore"):
            _scale(scaled, -self.exponent)
        return scaled


def _scale(points: Real, exponent: int) -> None:
    """Multiplies points by 2 to a power, in a tenth of the time that `ldexp` takes where the type holds that power."""
    kind = np.finfo(points.dtype)
    if kind.minexp <= exponent < kind.maxexp:
        points *= points.dtype.type(2.0**exponent)
    else:
        np.ldexp(points, exponent, out=points)


def fast(points: Real) -> Floats:
    """Placed rows as float32, cut at 2^50; those that are float32 as they are."""
    return points if points.dtype == np.float32 else np.clip(points, -FAR, FAR).astype(np.float32)


def parts(shape: tuple[int, ...], most: int) -> Iterator[slice]:
    """Cuts rows of this shape ``(rows, dim)`` into runs of no more than ``most`` numbers, and of a row at least."""
    step = max(1, most // shape[1])
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))
