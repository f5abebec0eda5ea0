"""Where float32 rows have their origin and their unit, so that a large offset or scale costs no precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_Rows = TypeVar("_Rows", NDArray[np.float32], NDArray[np.float64])
_FAR = np.float32(2.0**50)  # a float32 can't tell rows apart from further off; the square still fits
_BLOCK = 4_000_000  # numbers held at a time (16 MB)


class Frame(NamedTuple):
    """A centre near the mean of some rows and a scale near their spread.

    The scale is a power of two and the centre a multiple of it, so that whole numbers keep exact distances and ties.

    Attributes:
        centre: float32 ``(dim,)``.
        exponent: Of the scale: 2 to the power of it.
    """

    centre: Floats
    exponent: int

    @classmethod
    def of(cls, rows: Floats, view: Callable[[Floats], Floats] | None = None) -> Frame:
        """The frame of rows ``(rows, dim)``, or of what ``view`` makes of them, without a copy of them all.

        Rows that are all equal are only centred.
        """

        def blocks() -> Iterator[Floats]:
            for some in parts(rows.shape, _BLOCK):
                yield rows[some] if view is None else view(rows[some])

        mean = sum(block.sum(axis=0, dtype=np.float64) for block in blocks()) / len(rows)
        near = mean.astype(np.float32)
        with np.errstate(over="ignore"):  # what overflows is cut in `place`
            away = (np.abs(block - near).sum(axis=0, dtype=np.float64) for block in blocks())
            spread = float((sum(away) / len(rows)).max())
        usable = 0.0 < spread < np.inf
        exponent = max(int(np.floor(np.log2(spread))), -126) if usable else 0
        unit = 2.0**exponent
        return cls((np.rint(mean / unit) * unit).astype(np.float32) if usable else near, exponent)

    def place(self, rows: _Rows) -> _Rows:
        """Rows less the centre over the scale, new ``(rows, dim)`` of the same type; cut at 2^50 times the scale."""
        with np.errstate(over="ignore"):
            points: _Rows = np.subtract(rows, self.centre, order="C")
            np.ldexp(points, -self.exponent, out=points)
        return np.clip(points, -_FAR, _FAR, out=points)


def parts(shape: tuple[int, ...], most: int) -> Iterator[slice]:
    """Cuts rows of this shape ``(rows, dim)`` into runs of no more than ``most`` numbers, and of a row at least."""
    step = max(1, most // shape[1])
    for start in range(0, shape[0], step):
        yield slice(start, min(start + step, shape[0]))
