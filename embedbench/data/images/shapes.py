"""Generated pictures of one shape each, whose factors are known: to see whether latent coordinates stand for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt, Range
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import scale

CLASSES = ("square", "ellipse", "heart")
FACTORS = {"shape": 3, "scale": 6, "rotation": 9, "x": 16, "y": 16}
_SEED = 0
_CHUNK = 1_000
_RADIUS = (0.11, 0.22)  # of the circle around the shape, in widths of the picture
_MARGIN = 0.25  # a centre's least distance from the border: the largest shape stays inside
_TURN = np.pi / 2  # a square repeats itself after a quarter turn, so that all rotations below differ for every shape
_HEART = 1.43  # radius of the circle around the heart curve, rounded up

Floats = NDArray[np.float32]


class Shapes(EmbeddingDataModule):
    """Grey pictures ``(1, side, side)`` in [0, 1] of a square, an ellipse or a heart; after dSprites (Matthey, 2017).

    Factors, drawn independently and uniformly: shape (3 values, the label), scale (6), rotation (9 in a quarter turn),
    x (16) and y (16). The same rows on any machine; fewer rows are the first of more.

    Args:
        rows: Number of pictures, 100 or more.
        side: Height and width of one, 16 or more.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.
        flip: See the base class.
        scale_rows: See the base class.
        folds: See the base class.
        fold: See the base class.
        disjoint_classes: See the base class.
        split_file: See the base class.

    Raises:
        UsageError: If ``rows`` or ``side`` is out of its range.
    """

    def __init__(
        self,
        rows: Annotated[int, Range(ge=100)] = 10_000,
        side: Annotated[int, Range(ge=16)] = 32,
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
        flip: bool = False,
        scale_rows: bool = False,
        folds: Folds | None = None,
        fold: PositiveInt = 1,
        disjoint_classes: bool = False,
        split_file: Path | None = None,
    ) -> None:
        super().__init__(
            batch_size,
            num_workers,
            train_rows,
            test_rows,
            split_seed,
            flip,
            scale_rows,
            folds=folds,
            fold=fold,
            disjoint_classes=disjoint_classes,
            split_file=split_file,
        )
        self.n_pictures, self.side = rows, side

    def load(self) -> Source:
        """Draws the factors, then the pictures."""
        share = np.random.default_rng(_SEED).random((self.n_pictures, len(FACTORS)))
        factors = (share * list(FACTORS.values())).astype(np.int64)  # (rows, factors)
        chunks = [factors[start : start + _CHUNK] for start in range(0, len(factors), _CHUNK)]
        x = np.concatenate([draw_shapes(chunk, self.side) for chunk in chunks])
        return Source("image", x, factors[:, 0], CLASSES, scale(255), factors=factors)


def draw_shapes(factors: NDArray[np.int64], side: int) -> NDArray[np.uint8]:
    """Pictures of some factor values.

    Args:
        factors: Value numbers in the order of ``FACTORS``, ``(rows, factors)``.
        side: Height and width.

    Returns:
        ``(rows, 1, side, side)``, 0 to 255; a pixel that the border crosses is as bright as its covered share, nearly.
    """
    shape, size, turn, column, line = factors.T[:, :, None, None]
    steps = {name: count - 1 for name, count in FACTORS.items()}
    radius = _RADIUS[0] + (_RADIUS[1] - _RADIUS[0]) * size / steps["scale"]
    angle = _TURN * turn / FACTORS["rotation"]
    grid = (np.arange(side) + 0.5) / side
    dx = (grid[None, :] - _MARGIN - (1 - 2 * _MARGIN) * column / steps["x"]) / radius  # (rows, 1, side)
    dy = (grid[:, None] - _MARGIN - (1 - 2 * _MARGIN) * line / steps["y"]) / radius  # (rows, side, 1)
    u = (np.cos(angle) * dx + np.sin(angle) * dy).astype(np.float32)  # (rows, side, side), shape within the unit circle
    v = (np.cos(angle) * dy - np.sin(angle) * dx).astype(np.float32)
    inside = np.empty_like(u)
    for number, distance in enumerate((_square, _ellipse, _heart)):
        chosen = shape[:, 0, 0] == number
        inside[chosen] = distance(u[chosen], v[chosen])
    covered = np.clip(0.5 + inside * radius * side, 0, 1)
    x: NDArray[np.uint8] = np.rint(255 * covered).astype(np.uint8)
    return x[:, None]


def _square(u: Floats, v: Floats) -> Floats:
    """Distance from the border, positive inside, as of the two below."""
    inside: Floats = np.float32(0.5**0.5) - np.maximum(np.abs(u), np.abs(v))
    return inside


def _ellipse(u: Floats, v: Floats) -> Floats:
    """Half as high as wide; to first order."""
    level = np.sqrt(u**2 + (2 * v) ** 2)
    return _over(level * (1 - level), np.sqrt(u**2 + (4 * v) ** 2))


def _heart(u: Floats, v: Floats) -> Floats:
    """The curve a² + b² − 1 = ∛a² b, point downwards; to first order."""
    a, b = _HEART * u, -_HEART * v
    root = np.cbrt(np.maximum(np.abs(a), np.float32(1e-4)))
    slope = np.hypot(2 * np.abs(a) - 2 / 3 * b / root, 2 * b - root**2)
    return _over(root**2 * b + 1 - a**2 - b**2, slope * _HEART)


def _over(value: Floats, slope: Floats) -> Floats:
    distance: Floats = value / np.maximum(slope, np.float32(1e-6))
    return distance
