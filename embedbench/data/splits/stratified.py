"""Random subsets and folds of rows in which each class keeps its share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Classes = NDArray[np.int64]


def stratified_sample(classes: Classes | None, rows: int, n: int, rng: np.random.Generator) -> Rows:
    """``n`` of ``rows`` row numbers without replacement, sorted; each class in proportion, by largest remainder.

    Ties between remainders are broken at random.
    """
    if classes is None:
        return np.sort(rng.choice(rows, n, replace=False))
    _, member, counts = np.unique(classes, return_inverse=True, return_counts=True)
    ideal = n * counts / rows
    take = np.floor(ideal).astype(np.int64)
    order = np.lexsort((rng.permutation(len(counts)), take - ideal))
    take[order[: n - take.sum()]] += 1
    drawn = [rng.choice(np.flatnonzero(member == c), k, replace=False) for c, k in enumerate(take)]
    return np.sort(np.concatenate(drawn))


def stratified_folds(classes: Classes | None, rows: int, folds: int, rng: np.random.Generator) -> Rows:
    """Fold of each row, from 0, ``(rows,)``; neither folds nor the rows of a class in them differ by more than one."""
    order = rng.permutation(rows)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]  # dealt out class by class
    fold = np.empty(rows, np.int64)
    fold[order] = np.arange(rows) % folds
    return fold
