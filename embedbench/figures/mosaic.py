"""Rows of data as pictures, side by side: images as they are, rows of a table as strips of coloured cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.figures.canvas import new_figure, png

Floats = NDArray[np.float32]
_WIDE, _HIGH = 10.0, 14.0  # inches at most
_TILE = 0.9


class Tile(NamedTuple):
    """How one row is to be drawn.

    Attributes:
        shape: Of a row: ``(channels, height, width)`` of an image, ``(features,)`` of a table.
        low: Value drawn darkest.
        high: Value drawn brightest.
        signed: Whether values are drawn in two colours around 0, and not as grey.
    """

    shape: tuple[int, ...]
    low: float
    high: float
    signed: bool = False

    @property
    def colours(self) -> str:
        """Matplotlib's name of the colours."""
        return "RdBu_r" if self.signed else "gray"


def mosaic(pictures: Floats, look: Tile, title: str, lines: list[str], columns: list[str] | None = None) -> bytes:
    """A PNG file of pictures in lines and columns; of a table's rows, each line is a block of strips.

    Args:
        pictures: ``(lines, columns, *shape)``; values beyond the look's range are cut.
        look: How to draw one.
        title: Of the figure.
        lines: Name of each line.
        columns: Name of each column.
    """
    draw = _tiles if len(look.shape) == 3 else _strips
    return draw(np.clip(pictures, look.low, look.high), look, title, lines, columns)


def _tiles(pictures: Floats, look: Tile, title: str, lines: list[str], columns: list[str] | None) -> bytes:
    tiles = np.moveaxis(pictures, 2, -1)  # (lines, columns, height, width, channels)
    high, wide = tiles.shape[2:4]
    gap = max(1, high // 14)
    whole = _joined(tiles, gap)
    inches = min(_WIDE / whole.shape[1], _HIGH / whole.shape[0], _TILE / high)
    size = max(4.0, 1.5 + whole.shape[1] * inches), max(2.0, 0.9 + whole.shape[0] * inches)
    figure = new_figure(*size, title)
    axes = figure.add_subplot()
    drawn = axes.imshow(whole.squeeze(2) if whole.shape[2] == 1 else whole, look.colours, vmin=look.low, vmax=look.high)
    axes.set_yticks([(high - 1) / 2 + (high + gap) * i for i in range(len(lines))], lines, fontsize=8)
    places = [(wide - 1) / 2 + (wide + gap) * i for i in range(tiles.shape[1])] if columns else []
    axes.set_xticks(places, columns or [], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if look.signed:
        figure.colorbar(drawn, ax=axes, shrink=0.7)
    return png(figure)


def _strips(pictures: Floats, look: Tile, title: str, lines: list[str], columns: list[str] | None) -> bytes:
    count, strips, features = pictures.shape
    names = columns or [str(number) for number in range(strips)]
    height = min(2.4, 0.25 * strips + 0.4, 3 * _HIGH / count)
    figure = new_figure(min(_WIDE, 3 + 0.35 * features), 1.2 + count * height, title)
    panels = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    for axes, block, name in zip(panels, pictures, lines, strict=True):
        drawn = axes.imshow(block, look.colours, vmin=look.low, vmax=look.high, aspect="auto", interpolation="nearest")
        axes.set_yticks(range(strips), names, fontsize=6)
        axes.set_ylabel(name)
    panels[-1].set_xlabel("feature")
    figure.colorbar(drawn, ax=list(panels), shrink=0.7)
    return png(figure)


def _joined(tiles: Floats, gap: int) -> Floats:
    """One picture of all tiles with white gaps between them, ``(height, width, channels)``."""
    lines, columns, high, wide, channels = tiles.shape
    # NaN is left white where numbers are coloured; a picture of three channels has a white of its own.
    fill = np.nan if channels == 1 else 1.0
    whole = np.full((lines * (high + gap), columns * (wide + gap), channels), fill, np.float32)
    for i in range(lines):
        for j in range(columns):
            top, left = i * (high + gap), j * (wide + gap)
            whole[top : top + high, left : left + wide] = tiles[i, j]
    return whole[: len(whole) - gap, : whole.shape[1] - gap]
