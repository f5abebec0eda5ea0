"""Mixtures of Gaussians whose clusters have equally many rows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from embedbench.paradigms.clustering.mixture import FittedEM, log_joint, maximise, statistics

BALANCED_NOTE = "clusters were fitted as if of one size each, which is knowledge of the data and no finding"

_STEPS, _TOLERANCE = 100, 1e-4  # of expectation maximisation, and the change in nats per row that ends it
_ITERATIONS, _UNEVEN = 100, 0.01  # of Sinkhorn's at each step, and how far from balanced a cluster may stay
_RANGE = math.exp(-10), math.exp(10)  # of w: rows go to a cluster in which they are e^20 times less likely, at most


def balanced_responsibilities(joint: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Responsibilities of which every cluster has equally many, proportional to p(x, k) w_k with w to make them so.

    By Sinkhorn's iteration, as Asano et al. (2020) divide rows among labels: the closest to those of p(x, k) alone, by
    divergence, of all responsibilities whose sums over rows are equal.

    Args:
        joint: Log p(x, k) in nats, float64 ``(rows, clusters)``.
        weight: w to begin with, above 0, ``(clusters,)``.

    Returns:
        Responsibilities ``(rows, clusters)``, whose sums are within 1 % of rows / clusters unless it takes over 100
        iterations or a w beyond e^±10, and w, ``(clusters,)``.
    """
    rows, clusters = joint.shape
    near = (joint - joint.amax(1, keepdim=True)).exp()
    for _ in range(_ITERATIONS):
        size = weight * (near.T @ (near @ weight).reciprocal()) * (clusters / rows)  # (clusters,), 1 if balanced
        if float((size - 1).abs().max()) < _UNEVEN:
            break
        weight = (weight / size).clamp(*_RANGE)
    found = near * weight
    return found / found.sum(1, keepdim=True), weight


def fit_balanced(rows: Tensor, centroids: Tensor, *, full: bool, floor: float | Tensor) -> FittedEM:
    """Expectation maximisation from hard clusters around centroids, with balanced responsibilities at each step.

    It ends when log p(x) under equal weights, a mean over the rows, changes by less than 1e-4 nats, or after 100 steps.

    Args:
        rows: Around 0, float64 ``(rows, features)``.
        centroids: ``(clusters, features)``.
        full: Whether components have full covariances rather than diagonal ones.
        floor: Added to every variance, above 0; one for all features, or ``(features,)``.

    Returns:
        A mixture of equal weights, whose own responsibilities, without w, are only nearly balanced.
    """
    clusters = len(centroids)
    responsibilities = torch.nn.functional.one_hot(torch.cdist(rows, centroids).argmin(1), clusters).to(rows)
    weight, now, repaired = rows.new_ones(clusters), -math.inf, 0
    for steps in range(1, _STEPS + 1):  # noqa: B007 (told below)
        model, more = maximise(statistics(rows, responsibilities, full=full), floor)
        model, repaired = model._replace(weights=torch.full_like(model.weights, 1 / clusters)), repaired + more
        joint, last = log_joint(model, rows), now  # (rows, clusters)
        now = float(joint.logsumexp(1).mean())
        if abs(now - last) < _TOLERANCE:
            break
        responsibilities, weight = balanced_responsibilities(joint, weight)
    return FittedEM(model, now, steps, repaired)
