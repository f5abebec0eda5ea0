"""How far means over query rows would move with other query rows: standard errors and bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
LEVEL = 0.95
_BLOCK = 100_000  # rows drawn at a time (0.8 MB): they stay in a core's cache


def uncertainties(values: Mapping[str, NDArray[Any]], seed: int) -> dict[str, dict[str, float]]:
    """Of each metric's mean over query rows; nothing for a single row.

    Args:
        values: By name, ``(rows,)`` each, finite.
        seed: Of the bootstrap, not negative.

    Returns:
        By name, ``se``, the standard error (standard deviation of the values, n − 1, over √n), and ``low`` and
        ``high``, the ends of the 95 % bootstrap interval (percentiles).
    """
    if not values:
        return {}
    table = np.column_stack([np.asarray(one, np.float64) for one in values.values()])
    if len(table) < 2:
        return {}
    errors = table.std(axis=0, ddof=1) / sqrt(len(table))
    ends = np.quantile(bootstrap(table, seed), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    rows = zip(values, errors.tolist(), *ends.tolist(), strict=True)
    return {name: {"se": error, "low": low, "high": high} for name, error, low, high in rows}


def bootstrap(values: NDArray[np.float64], seed: int, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Means of rows drawn anew, with replacement and as many as there are, float64 ``(resamples, columns)``.

    All columns share the rows drawn, and so do all tables of as many rows with the same seed (Efron, 1979). What is
    drawn is counted, so that all means are one product of counts and values.

    Args:
        values: ``(rows, columns)``, finite.
        seed: Not negative.
        resamples: At least 1.
    """
    n_rows = len(values)
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // n_rows)
    means = np.empty((resamples, values.shape[1]))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(0, n_rows, (size, n_rows))
        drawn += np.arange(0, size * n_rows, n_rows)[:, None]
        count = np.bincount(drawn.ravel(), minlength=size * n_rows).reshape(size, n_rows)
        means[start : start + size] = count.astype(np.float64) @ values
    return means / n_rows
