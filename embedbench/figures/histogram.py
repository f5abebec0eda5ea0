"""From counts to proportions to densities: the joint of two coordinates, its marginals and its conditionals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError

Floats = NDArray[np.float64]


class Joint(NamedTuple):
    """How many rows fall into each bin of two coordinates.

    Attributes:
        counts: Rows in each bin, summing to all rows, int64 ``(bins, bins)``; the first axis is the first coordinate.
        first: Edges of its bins, ``(bins + 1,)``.
        second: Edges of the second coordinate's bins, ``(bins + 1,)``.
    """

    counts: NDArray[np.int64]
    first: Floats
    second: Floats

    @property
    def proportion(self) -> Floats:
        """Share of the rows in each bin: sums to one."""
        share: Floats = self.counts / self.counts.sum()
        return share

    @property
    def density(self) -> Floats:
        """Proportion over the bin's area: its integral is one."""
        return self.proportion / np.outer(np.diff(self.first), np.diff(self.second))

    @property
    def marginals(self) -> tuple[Floats, Floats]:
        """Proportions of the first and of the second coordinate alone, ``(bins,)``: each sums to one."""
        return self.proportion.sum(1), self.proportion.sum(0)

    def conditional(self, value: float) -> Floats:
        """Proportions of the second coordinate among the rows whose first is in the bin of ``value``: sums to one.

        Raises:
            UsageError: If that bin holds no row.
        """
        low, high = self.first[0], self.first[-1]
        line = int(np.clip(np.searchsorted(self.first, value, side="right") - 1, 0, len(self.counts) - 1))
        if not low <= value <= high or not self.counts[line].sum():
            raise UsageError(
                f"--given {value:g} is in a bin without rows; choose a value in [{low:.3g}, {high:.3g}] where there "
                "are some."
            )
        share: Floats = self.counts[line] / self.counts[line].sum()
        return share


def joint(first: NDArray[np.float32], second: NDArray[np.float32], bins: int) -> Joint:
    """Counts of two coordinates, each ``(rows,)``, in bins of equal width between their extremes."""
    counts, edges_first, edges_second = np.histogram2d(first.astype(np.float64), second.astype(np.float64), bins)
    return Joint(counts.astype(np.int64), edges_first, edges_second)
