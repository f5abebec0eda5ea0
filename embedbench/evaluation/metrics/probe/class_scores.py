"""How well unbalanced classes are predicted, and how far a linear model's probabilities can be trusted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Linearised
from embedbench.evaluation.metrics.probe.logistic import Logistic
from embedbench.neighbors.normaliser import Real, parts

_BLOCK = 4_000_000  # probabilities held at a time (32 MB)
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Judged(NamedTuple):
    """What a classifier says of rows, beside their classes; ``(rows,)`` each.

    Attributes:
        predicted: The likeliest class, of equally likely ones the smallest.
        log_loss: −log of the probability of the row's class, in nats; infinite for one that it doesn't know.
        brier: Squared differences of all probabilities from 1 for the row's class and 0 for others, in [0, 2]
            (Brier, 1950).
    """

    predicted: Integers
    log_loss: Floats
    brier: Floats


def judge(linear: Logistic, points: Real, truth: Integers) -> Judged:
    """What a linear classifier says of points ``(rows, dim)`` with classes ``(rows,)``."""
    names = linear.names
    found = Judged(np.empty(len(points), np.int64), np.full(len(points), np.inf), np.empty(len(points)))
    for some in parts((len(points), max(len(names), points.shape[1])), _BLOCK):
        logits = linear.logits(points[some])  # (some, classes)
        found.predicted[some] = names[logits.argmax(axis=1)]
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        place = np.minimum(names.searchsorted(truth[some]), len(names) - 1)
        known, rows = names[place] == truth[some], np.arange(len(logits))
        loss = -logits[rows, place]
        found.log_loss[some] = np.where(known, np.maximum(loss, 0), np.inf)
        chances = np.exp(logits)
        chances[rows, place] -= known
        found.brier[some] = np.einsum("ij,ij->i", chances, chances) + ~known
    return found


def balanced_accuracy(predicted: Integers, truth: Integers) -> Linearised:
    """Mean of the recall of the classes of ``truth`` (Brodersen et al., 2010), of rows ``(rows,)``.

    >>> float(balanced_accuracy(np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1])).values.mean())
    0.5
    """
    _, own, count = np.unique(truth, return_inverse=True, return_counts=True)
    right = predicted == truth
    recall = np.bincount(own, right) / count
    weight = len(truth) / (len(count) * count)
    return Linearised(recall.mean() + weight[own] * (right - recall[own]))


def macro_f1(predicted: Integers, truth: Integers) -> Linearised:
    """Mean over the classes of ``truth`` of F1 = 2 TP / (2 TP + FP + FN), of rows ``(rows,)``.

    >>> float(macro_f1(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])).values.mean().round(6))
    0.733333
    """
    names, own, count = np.unique(truth, return_inverse=True, return_counts=True)
    right = predicted == truth
    place = np.minimum(names.searchsorted(predicted), len(names) - 1)
    said = names[place] == predicted  # another class of the gallery counts as a miss alone
    total = count + np.bincount(place[said], minlength=len(names))
    f1 = 2 * np.bincount(own, right) / total
    weight = len(truth) / (len(names) * total)
    influence = weight[own] * (2 * right - f1[own]) - np.where(said, (weight * f1)[place], 0)
    return Linearised(f1.mean() + influence)
