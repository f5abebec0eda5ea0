"""How far predictions of a real target are off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Linearised

_LEAST, _MOST = 1e-30, 1e30
_LARGEST = float(np.finfo(np.float64).max)
Floats = NDArray[np.float64]
Value = float | Floats | Linearised


def real_scores(truth: Floats, predicted: Floats, unit: float) -> dict[str, Value]:
    """R², mean absolute error, root mean squared error and Spearman's ρ of predictions ``(rows,)``, at least two.

    R² is 1 of a constant target that is met exactly, and 0 of one that isn't; ρ takes mean ranks of ties (Spearman,
    1904), and is left out where all targets or all predictions are one.

    Args:
        truth: Targets, in some unit.
        predicted: In the same.
        unit: Its size; errors are given in the target's own.
    """
    from scipy.stats import rankdata

    errors = predicted - truth
    with np.errstate(over="ignore", under="ignore"):
        found: dict[str, Value] = {"r2": _r2(truth, errors), "mae": _mae(errors, unit), "rmse": _rmse(errors, unit)}
    ranks = np.stack([rankdata(truth), rankdata(predicted)])
    if (ranks.min(axis=1) < ranks.max(axis=1)).all():
        found["spearman"] = float(np.clip(np.corrcoef(ranks)[0, 1], -1, 1))
    return found


def _r2(truth: Floats, errors: Floats) -> float | Linearised:
    square, spread = errors**2, (truth - truth.mean()) ** 2
    if spread.mean() == 0:
        return float(square.mean() == 0)
    left = square.mean() / spread.mean()
    values = 1 - left - (square - left * spread) / spread.mean()
    return Linearised(values) if _is_plain(values) else float(1 - left)


def _mae(errors: Floats, unit: float) -> float | Floats:
    values = np.abs(errors) * unit
    return values if _is_plain(values) else min(float(np.abs(errors).mean()) * unit, _LARGEST)


def _rmse(errors: Floats, unit: float) -> float | Linearised:
    square = errors**2
    root = float(np.sqrt(square.mean()))
    values = (root + (square - square.mean()) / (2 * root or 1)) * unit
    return Linearised(values) if _is_plain(values) else min(root * unit, _LARGEST)


def _is_plain(values: Floats) -> bool:
    """Whether float32 keeps single values, and float64 their variance; in units far from one a mean has to do."""
    largest = np.abs(values).max()
    return bool(largest == 0 or _LEAST < largest < _MOST)
