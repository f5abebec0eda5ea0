"""Multinomial logistic regression of standardised features, with its penalty chosen by cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.probe.log_loss import LogLoss, Penalty
from embedbench.neighbors.normaliser import Real

if TYPE_CHECKING:
    from torch import Tensor

GRID = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
CHOSEN_ON = 10_000  # rows that C is chosen on at most
_FOLDS = 3
_ITERATIONS, _FOLD_ITERATIONS = 100, 30  # of the fit, and of one C in cross-validation
_ROTATED = 1024  # features up to which their covariance is decomposed
_BLOCK = 1 << 20  # numbers of points held in float64 at a time (8 MB)

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Logistic(NamedTuple):
    """A linear classifier of rows.

    Attributes:
        weight: float64 ``(classes, dim)``.
        bias: float64 ``(classes,)``.
        names: Class numbers, in ascending order, int64 ``(classes,)``.
        c: Inverse strength of the penalty.
        objective: Mean negative log-likelihood of the rows fitted, with the penalty.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    names: Integers
    c: float
    objective: float

    def logits(self, points: Real) -> NDArray[np.float64]:
        """Of the classes, for each row of ``(rows, dim)``, ``(rows, classes)``."""
        found: NDArray[np.float64] = points @ self.weight.T + self.bias
        return found


def fit_logistic(points: Real, label: Integers, c: float | None = None) -> Logistic:
    """Fits classes to rows by at most 100 iterations of L-BFGS (Liu & Nocedal, 1989), until one gains less than 5e-6.

    The objective is the mean negative log-likelihood plus ‖W‖² / 2 C n, W being the weights of features standardised on
    the n rows; biases are free. Unless given, C is the one of `GRID` with the least mean log-loss in 3-fold
    cross-validation, stratified by class, on 10,000 rows drawn by class if there are more; of equal ones the smallest.
    Fits stop short of their optimum, so that another C's log-loss may be less by up to 1e-4. More rows than 10,000
    start from a fit on those; variables are scaled by the curvature there, so that features may be correlated.

    Args:
        points: ``(rows, dim)``.
        label: Class numbers, at least 2 different ones, int64 ``(rows,)``.
        c: Positive.
    """
    import torch

    names, number = np.unique(label, return_inverse=True)
    features = Features.of(points, len(names))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows, classes = torch.from_numpy(features.rows).to(device), torch.from_numpy(number).to(device)
    start = torch.zeros(1, len(names), rows.shape[1], device=device)
    some = torch.from_numpy(_drawn(number)).to(device)
    part = rows[some], classes[some]
    if c is None:
        c, start = choose(features, *part, start)
    elif len(some) < len(rows):
        sample = LogLoss(*part, torch.full((1, len(some)), 1 / len(some), device=device))
        start, _ = sample.least(start, features.penalty(c, sample), _FOLD_ITERATIONS)
    whole = LogLoss(rows, classes, torch.full((1, len(rows)), 1 / len(rows), device=device))
    found, objective = whole.least(start, features.penalty(c, whole), _ITERATIONS)
    weight, bias = features.restored(found[0].cpu().numpy().astype(np.float64))
    return Logistic(weight, bias, names, c, objective)


class Features(NamedTuple):
    """Standardised features, turned to the axes of their covariance, and a one.

    Attributes:
        rows: float32 ``(rows, dim + 1)``.
        mean: ``(dim,)``.
        turned: What takes centred points to ``rows``, ``(dim, dim)``.
        curvature: Of the mean log-likelihood along each column of ``rows`` where all classes are equally likely.
    """

    rows: Floats
    mean: NDArray[np.float64]
    turned: NDArray[np.float64]
    curvature: NDArray[np.float64]

    @classmethod
    def of(cls, points: Real, n_classes: int) -> Features:
        """Those of points ``(rows, dim)``, for so many classes."""
        n_rows, dim = points.shape
        step = max(1, _BLOCK // dim)
        blocks = [slice(start, start + step) for start in range(0, n_rows, step)]
        mean = sum(points[some].sum(axis=0, dtype=np.float64) for some in blocks) / n_rows
        spread = np.sqrt(sum(np.square(points[some] - mean).sum(axis=0) for some in blocks) / n_rows)
        turned = np.diag(1 / np.where(spread > 0, spread, 1))
        variance = np.ones(dim)
        if dim <= _ROTATED:
            standard = (((points[some] - mean) @ turned).astype(np.float32) for some in blocks)
            variance, axes = np.linalg.eigh(sum((one.T @ one).astype(np.float64) for one in standard) / n_rows)
            turned = turned @ axes
        rows = np.ones((n_rows, dim + 1), np.float32)
        for some in blocks:
            rows[some, :dim] = (points[some] - mean) @ turned
        return cls(rows, mean, turned, np.append(np.maximum(variance, 0), 1) / n_classes)

    def penalty(self, c: float, loss: LogLoss) -> Penalty:
        """That of C, for as many rows as one fold of a loss has."""
        import torch

        n_rows = float((loss.weight > 0).sum()) / len(loss.weight)
        strength = np.full(len(self.curvature), 1 / (c * n_rows))
        strength[-1] = 0
        both = strength, 1 / np.sqrt(self.curvature + strength)
        return Penalty(*(torch.from_numpy(each.astype(np.float32)).to(loss.rows.device) for each in both))

    def restored(self, found: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights and biases for points, of those for ``rows``, ``(classes, dim + 1)``."""
        weight = found[:, :-1] @ self.turned.T
        return weight, found[:, -1] - weight @ self.mean


def choose(features: Features, rows: Tensor, label: Tensor, start: Tensor) -> tuple[float, Tensor]:
    """The C of the least held-out log-loss, and where its folds' variables are in the mean, ``(1, classes, dim + 1)``.

    All folds are fitted at once, each from where the C before it ended.

    Args:
        features: Whose penalty it is.
        rows: Some of theirs, in an order in which every third row is a fold.
        label: As `LogLoss` has it.
        start: ``(1, classes, dim + 1)``.
    """
    import torch

    fold = torch.arange(len(rows), device=rows.device) % _FOLDS
    held = (fold == torch.arange(_FOLDS, device=rows.device)[:, None]).float()
    inner = LogLoss(rows, label, (1 - held) / (1 - held).sum(1, keepdim=True))
    outer = inner._replace(weight=held)
    variables, found = start.expand(_FOLDS, -1, -1), []
    for c in GRID:
        variables, _ = inner.least(variables, features.penalty(c, inner), _FOLD_ITERATIONS)
        found.append((float(outer.value(variables)[0].sum()), c, variables.mean(0, keepdim=True)))
    _, c, variables = min(found, key=lambda one: one[0])
    return c, variables


def _drawn(label: Integers) -> Integers:
    """Numbers of rows to choose C on, in the order of their classes: all, or as large a share of each class."""
    order = np.lexsort((np.random.default_rng(0).random(len(label)), label))
    most = min(len(order), CHOSEN_ON)
    return order[np.arange(most) * len(order) // most]
