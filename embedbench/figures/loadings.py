"""The loading vectors of a linear model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedbench.figures.canvas import new_figure, png
from embedbench.figures.mosaic import Tile, mosaic

_COLUMNS = 8


def loadings_view(loadings: NDArray[np.float32], shape: tuple[int, ...], names: list[str]) -> bytes:
    """A PNG file: each vector as an image in two colours around 0, or for a table as a bar chart.

    Args:
        loadings: ``(dim, features)``.
        shape: Of a row of the data.
        names: Of the coordinates.
    """
    if len(shape) != 3:
        return _bars(loadings, names)
    largest = float(np.abs(loadings).max()) or 1.0
    wide = min(_COLUMNS, len(names))
    lines = -(-len(names) // wide)
    filled = np.zeros((lines * wide, loadings.shape[1]), np.float32)
    filled[: len(loadings)] = loadings
    # One number per pixel: the channels of a colour image are added up.
    pictures = filled.reshape(lines, wide, *shape).sum(2, keepdims=True)
    look = Tile((1, *shape[1:]), -largest, largest, signed=True)
    first = [f"{names[wide * i]} …" if wide > 1 else names[i] for i in range(lines)]
    return mosaic(pictures, look, "loadings: what one unit of each coordinate adds to x", first)


def _bars(loadings: NDArray[np.float32], names: list[str]) -> bytes:
    wide = min(4, len(names))
    high = -(-len(names) // wide)
    figure = new_figure(3.2 * wide + 0.5, 0.8 + 2.0 * high, "loadings: what one unit of each coordinate adds to x")
    largest = float(np.abs(loadings).max()) or 1.0
    for number, (name, vector) in enumerate(zip(names, loadings, strict=True)):
        axes = figure.add_subplot(high, wide, number + 1)
        axes.bar(range(len(vector)), vector, color=np.where(vector < 0, "#4477aa", "#cc6677").tolist())
        axes.axhline(0, color="black", linewidth=0.6)
        axes.set(title=name, xlabel="feature", ylim=(-1.05 * largest, 1.05 * largest))
        axes.locator_params(axis="x", integer=True)
        axes.title.set_fontsize(9)
    return png(figure)
