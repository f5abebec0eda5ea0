"""What is kept of distances: in which type, and how many of their digits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import Real
from embedbench.neighbors.precision import Floats

LARGEST = {np.dtype(np.float64): 1e300, np.dtype(np.float32): 1e38}  # a squared distance that it still holds
_CHUNK = 100_000  # distances finished at a time: they stay in a core's cache
_LOOSE = 16  # last bits of a distance that a product gets wrong, by the order of its sums
_GAP = 2.0**-20  # of a squared distance: what float32 may not tell apart
_OPEN = 0.25  # share of the gaps in a sorted sample that are as small, from which on it won't do; ordinary rows: 0.01
_AWAY = 2.0**12  # times the median length, from which on float32 holds too few digits of how far others are


def away(lengths: Floats) -> NDArray[np.bool_]:
    """Which rows are far off, by their distances from the centre."""
    return np.asarray(lengths > _AWAY * np.median(lengths))


def are_alike(squares: Floats) -> bool:
    """Whether float32 would leave the order of many of these squared distances open, ``(some, others)``."""
    rising = np.sort(squares, axis=1)
    return bool(np.mean(np.diff(rising, axis=1) <= _GAP * rising[:, 1:]) > _OPEN)


def root(squares: Real, fine: bool) -> Real:
    """Distances from squared ones ``(some, rows)``, which may change; in float32 unless they are to stay fine."""
    some, n_rows = squares.shape
    short = not fine and squares.dtype != np.float32
    found: Real = np.empty(squares.shape, np.float32) if short else squares
    step = max(1, _CHUNK // n_rows)
    for start in range(0, some, step):
        part = slice(start, start + step)
        np.clip(squares[part], 0, LARGEST[found.dtype], out=found[part], casting="same_kind")  # a maximum is slower
        np.sqrt(found[part], out=found[part])
    if found.dtype == np.float64:
        rounded(found, max(_LOOSE, (n_rows - 1).bit_length()))  # `vicinity` takes as many bits for columns
    return found


def rounded(distances: Real, loose: int) -> Real:
    """The same, which change, without so many of the last bits."""
    bits = distances.view(np.int64)
    bits += 1 << loose - 1
    bits &= -1 << loose
    return distances
