"""How well several labels a row are predicted: F1 over labels and over all decisions, and average precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Linearised

Bools = NDArray[np.bool_]


def label_macro_f1(predicted: Bools, truth: Bools) -> Linearised | None:
    """Mean of F1 = 2 TP / (2 TP + FP + FN) over the labels that a row of ``truth`` has; ``None`` if there is none.

    >>> truth = np.array([[1, 0], [1, 1], [0, 0]], bool)
    >>> float(label_macro_f1(np.array([[1, 0], [1, 0], [1, 0]], bool), truth).values.mean().round(6))
    0.4

    Args:
        predicted: ``(rows, labels)``.
        truth: ``(rows, labels)``.
    """
    used = truth.any(axis=0)
    if not used.any():
        return None
    said, has = predicted[:, used], truth[:, used]
    both, total = (said & has).mean(axis=0), said.mean(axis=0) + has.mean(axis=0)
    f1, weight = 2 * both / total, 1 / (total * used.sum())
    influence = 2 * ((said & has) @ weight) - (said @ (f1 * weight) + has @ (f1 * weight))
    return Linearised(f1.mean() + influence)


def label_micro_f1(predicted: Bools, truth: Bools) -> Linearised | None:
    """F1 of all decisions together, each of a row and a label; ``None`` if no label is had nor predicted.

    >>> truth = np.array([[1, 0], [1, 1], [0, 0]], bool)
    >>> float(label_micro_f1(np.array([[1, 0], [1, 0], [1, 0]], bool), truth).values.mean().round(6))
    0.666667

    Args:
        predicted: ``(rows, labels)``.
        truth: ``(rows, labels)``.
    """
    both, total = (predicted & truth).sum(axis=1), predicted.sum(axis=1) + truth.sum(axis=1)
    if not total.any():
        return None
    f1 = 2 * both.mean() / total.mean()
    return Linearised(f1 + (2 * both - f1 * total) / total.mean())


def mean_average_precision(score: NDArray[np.float64], truth: Bools, known: Bools) -> float | None:
    """Mean over labels of the average precision of rows by their score; ``None`` if there is no such label.

    That of a label is Σ (R_i − R_(i−1)) P_i over its thresholds i, recall and precision of the rows at or above it:
    equal scores are one threshold (scikit-learn's ``average_precision_score``).

    Args:
        score: ``(rows, labels)``.
        truth: ``(rows, labels)``; labels that no row has don't count.
        known: Which labels may have been learned, ``(labels,)``; others don't count.
    """
    from sklearn.metrics import average_precision_score

    used = np.flatnonzero(truth.any(axis=0) & known)
    found = [average_precision_score(truth[:, label], score[:, label]) for label in used]
    return float(np.mean(found)) if found else None
