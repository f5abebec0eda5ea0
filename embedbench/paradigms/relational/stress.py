"""How far distances among embeddings are from the distances that they should mirror."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Stress = Literal["raw", "normalised", "sammon", "correlation"]


def stress(d_in: Tensor, d_out: Tensor, weight: Tensor, kind: Stress) -> Tensor:
    """Disagreement of latent distances d with input distances δ over weighted pairs; lower is better.

    With weights w, raw is Σ w (d − δ)² (Kruskal, 1964), normalised is that over Σ w δ² (its square root is Kruskal's
    stress with the input distances as the unit), sammon is [Σ w (d − δ)²/δ] / Σ w δ (Sammon, 1969), and correlation is
    1 − r, r being the weighted Pearson correlation of d and δ: it alone doesn't change when all d are multiplied by one
    number. Raw and the parts of the two quotients are sums, so that pairs drawn with unequal chances, weighed by the
    inverse of these, estimate them without bias.

    Args:
        d_in: δ, 0 or more, ``(pairs,)``.
        d_out: d, 0 or more, ``(pairs,)``.
        weight: w, 0 or more, ``(pairs,)``. Sammon leaves out pairs whose δ is 0, at which it isn't defined.
        kind: Which of the four.

    Returns:
        A scalar, 0 or more; correlation in [0, 2], and 1 if all δ or all d are equal. A quotient whose divisor is 0 is
        the dividend.
    """
    if kind == "correlation":
        return 1 - _correlation(d_in, d_out, weight)
    error = weight * (d_out - d_in).square()  # (pairs,)
    if kind == "raw":
        return error.sum()
    if kind == "normalised":
        return error.sum() / _or_one((weight * d_in.square()).sum())
    there = d_in > 0
    return (error * there / _or_one(d_in)).sum() / _or_one((weight * d_in).sum())


def _correlation(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    share = weight / _or_one(weight.sum())
    a, b = a - (share * a).sum(), b - (share * b).sum()
    square = (share * a.square()).sum() * (share * b.square()).sum()
    # The root of a 0 has no gradient: where nothing varies, r is 0 and stays connected to the graph.
    return (share * a * b).sum() / _or_one(square).sqrt()


def _or_one(value: Tensor) -> Tensor:
    return value.where(value > 0, 1)
