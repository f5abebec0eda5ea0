"""Logistic regressions of standardised features, one for each of several labels, with a penalty in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.probe.log_loss import LogLoss
from embedbench.evaluation.metrics.probe.logistic import CHOSEN_ON, Features, Logistic, choose
from embedbench.neighbors.normaliser import Real

if TYPE_CHECKING:
    from torch import Tensor

_ITERATIONS = 100
_ENOUGH = 6  # rows with a label, and without it, for which C is chosen by it
_DEFAULT = 1.0  # C where no label has as many
_FLAT = 4  # 1 / σ'(0): the curvature where both answers are equally likely


def fit_labels(points: Real, hot: NDArray[np.int8], c: float | None = None) -> Logistic:
    """Fits labels to rows, one against the rest, all at once, by at most 100 iterations of L-BFGS as in `fit_logistic`.

    The objective is the sum over labels of the mean binary cross-entropy plus ‖w‖² / 2 C n, w being a label's weights
    of features standardised on the n rows; biases are free. Unless given, one C is chosen for all labels, in the same
    way as there, by the held-out log-loss of the labels that 6 of the rows for it or more have and 6 or more haven't; C
    is 1 if there is none. Folds are random.

    Args:
        points: ``(rows, dim)``.
        hot: 0 and 1, of which each column has both, ``(rows, labels)``.
        c: Positive.

    Returns:
        A row of weights and a bias a label; its names are the columns.
    """
    import torch

    features = Features.of(points, _FLAT)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows = torch.from_numpy(features.rows).to(device)
    label = torch.from_numpy(np.ascontiguousarray(hot.T, np.float32)).to(device)
    if c is None:
        c = _chosen(features, rows, label)
    loss = LogLoss(rows, label, torch.full((1, len(rows)), 1 / len(rows), device=device))
    start = torch.zeros(1, len(label), rows.shape[1], device=device)
    found, objective = loss.least(start, features.penalty(c, loss), _ITERATIONS)
    weight, bias = features.restored(found[0].cpu().numpy().astype(np.float64))
    return Logistic(weight, bias, np.arange(len(label)), c, objective)


def _chosen(features: Features, rows: Tensor, label: Tensor) -> float:
    """C, by random rows, 10,000 of them at most."""
    import torch

    order = np.random.default_rng(0).permutation(len(rows))[:CHOSEN_ON]
    some = torch.from_numpy(order).to(rows.device)
    known = label[:, some]
    known = known[(known.sum(1) >= _ENOUGH) & ((1 - known).sum(1) >= _ENOUGH)]
    if not len(known):
        return _DEFAULT
    start = torch.zeros(1, len(known), rows.shape[1], device=rows.device)
    return choose(features, rows[some], known, start)[0]
