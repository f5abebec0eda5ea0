"""Distributions: the joint of two coordinates as counts, proportions and density; the aggregate posterior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedbench.figures.canvas import new_figure, png
from embedbench.figures.histogram import Joint

_FEWEST, _MOST = 10, 60  # bins of a marginal: about the root of the number of draws


def joint_view(joint: Joint, names: tuple[str, str], given: float) -> bytes:
    """A PNG file: the joint three ways above its marginals and one conditional.

    Args:
        joint: Counts of the two coordinates.
        names: What they are called.
        given: Value of the first coordinate that the conditional is taken at.
    """
    rows = int(joint.counts.sum())
    figure = new_figure(11, 6.4, f"{names[0]} and {names[1]}: count → proportion → density ({rows} rows)")
    panels = (
        ("count", joint.counts),
        ("proportion, sums to 1", joint.proportion),
        ("density, integrates to 1", joint.density),
    )
    extent = (joint.first[0], joint.first[-1], joint.second[0], joint.second[-1])
    for number, (title, values) in enumerate(panels):
        axes = figure.add_subplot(2, 3, number + 1)
        drawn = axes.imshow(values.T, origin="lower", extent=extent, aspect="auto", cmap="viridis")
        axes.set(title=title, xlabel=names[0], ylabel=names[1])
        axes.title.set_fontsize(10)
        axes.axvline(given, color="white", linewidth=0.8, linestyle="--")
        figure.colorbar(drawn, ax=axes)
    first, second = joint.marginals
    bars = (
        (f"marginal of {names[0]}", names[0], joint.first, first),
        (f"marginal of {names[1]}", names[1], joint.second, second),
        (f"{names[1]} given {names[0]} ≈ {given:.3g}", names[1], joint.second, joint.conditional(given)),
    )
    for number, (title, name, edges, share) in enumerate(bars):
        axes = figure.add_subplot(2, 3, number + 4)
        axes.stairs(share, edges, fill=True, color="#4477aa")
        axes.set(title=title, xlabel=name, ylabel="proportion")
        axes.title.set_fontsize(10)
    return png(figure)


def posterior_view(aggregate: NDArray[np.float32], prior: NDArray[np.float32], names: list[str]) -> bytes:
    """A PNG file: each coordinate's aggregate posterior over its prior.

    Args:
        aggregate: Draws from the mean over rows of q(z|x), ``(draws, coordinates)``.
        prior: Draws from p(z), ``(draws, coordinates)``.
        names: Of the coordinates, nine at most.
    """
    wide = min(3, len(names))
    high = -(-len(names) // wide)
    bins = int(np.clip(np.sqrt(len(aggregate)), _FEWEST, _MOST))
    figure = new_figure(max(5.0, 3.6 * wide), 0.8 + 2.4 * high, "aggregate posterior and prior")
    for number, name in enumerate(names):
        axes = figure.add_subplot(high, wide, number + 1)
        both = np.concatenate([aggregate[:, number], prior[:, number]])
        edges = np.linspace(both.min(), both.max(), bins + 1)
        for draws, label, colour in ((aggregate, "mean of q(z|x)", "#4477aa"), (prior, "p(z)", "#bbbbbb")):
            density, _ = np.histogram(draws[:, number], edges, density=True)
            axes.stairs(density, edges, fill=True, alpha=0.6, color=colour, label=label)
        axes.set(xlabel=name, ylabel="density")
        if number == 0:
            axes.legend(fontsize=7)
    return png(figure)
