"""Distances of pairs of rows in two spaces, counted in a grid: what all pairs are like, in the memory of a few."""

from __future__ import annotations

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.geometry.distances import Distances
from embedbench.neighbors.normaliser import Real

_SIDE = 256  # cells a space: all counts stay in a core's cache
_SAMPLE = 16  # rows whose distances to all tell where the cells lie
_TAIL = 0.001  # share of the distances that the outermost cells reach out for, at either end

Integers = NDArray[np.int64]


class PairGrid:
    """Counts of pairs of rows by their distances in two spaces.

    A space has 256 cells of one width, the outermost of which reach on without end.

    Args:
        inputs: Distances in the input space.
        latents: Distances of the same rows in the latent space.

    Attributes:
        counts: Pairs added, ``(256 of the input space, 256 of the latent space)``.
    """

    def __init__(self, inputs: Distances, latents: Distances) -> None:
        stop = min(_SAMPLE, len(inputs))
        ends = [np.quantile(space.block(0, stop), (_TAIL, 1 - _TAIL)) for space in (inputs, latents)]
        self._cells = [(float(low), _SIDE / float(high - low) if high > low else 0.0) for low, high in ends]
        self.counts: Integers = np.zeros((_SIDE, _SIDE), np.int64)
        self._lock = Lock()

    def add(self, x: Real, z: Real) -> None:
        """Counts pairs of distances of one shape; several threads may do so at a time."""
        found = self.count(x, z)
        with self._lock:
            self.counts += found

    def count(self, x: Real, z: Real) -> Integers:
        """The counts of these pairs alone, of distances of one shape."""
        place, latent = (_place(space, *cells) for space, cells in zip((x, z), self._cells, strict=True))
        place *= _SIDE
        place += latent
        return np.bincount(place.astype(np.int64).ravel(), minlength=_SIDE**2).reshape(_SIDE, _SIDE)


def _place(distances: Real, low: float, per_unit: float) -> Real:
    """Which of the cells they fall in, a whole number from 0; new."""
    place: Real = distances - low
    place *= per_unit
    np.clip(place, 0, _SIDE - 1, out=place)
    return np.floor(place, out=place)
