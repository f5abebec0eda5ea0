"""How raw rows become numbers: each function is fitted on train rows only and returns what encodes any rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Encode:
    """What turns raw rows into numbers.

    Attributes:
        transform: From raw rows to ``(rows, *shape)``.
        categories: Widths of the one-hot codes, which are its last columns.
    """

    transform: Callable[[Any], NDArray[Any]]
    categories: tuple[int, ...] = ()

    def __call__(self, rows: Any) -> NDArray[Any]:
        """The rows as numbers, ``(rows, *shape)``."""
        return self.transform(rows)


Fit = Callable[[Any], Encode]


def standardise(train: NDArray[Any]) -> Encode:
    """Subtract each column's train mean and divide by its train standard deviation (n in the denominator).

    A column that is constant in train is divided by 1.

    Args:
        train: Train rows, ``(rows, features)``.

    Returns:
        A function of ``(rows, features)`` that gives the same shape.
    """
    return Encode(StandardScaler().fit(train).transform)


def scale(largest: int) -> Fit:
    """Divide by the largest value that a pixel can take: whole numbers become float32 in [0, 1]."""

    def fit(_: NDArray[Any]) -> Encode:
        return Encode(partial(_divide, largest=largest))

    return fit


def _divide(x: NDArray[Any], largest: int) -> NDArray[np.float32]:
    divided: NDArray[np.float32] = np.divide(x, np.float32(largest), dtype=np.float32, casting="same_kind")
    return divided
