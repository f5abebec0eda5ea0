"""How raw rows become numbers: what is fitted to train rows only is plain state, and encodes any rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from embedbench.errors import UsageError

_BLOCK = 10_000  # rows in float64 at a time


@dataclass(frozen=True)
class Encode(ABC):
    """What turns raw rows into numbers; its fields are arrays and what JSON holds, and all that it needs."""

    @property
    def categories(self) -> tuple[int, ...]:
        """Widths of the one-hot codes, which are its last columns."""
        return ()

    @abstractmethod
    def transform(self, rows: Any) -> NDArray[Any]:
        """The rows as numbers, ``(rows, *shape)``.

        Raises:
            UsageError: If they are rows of another kind; says how they differ.
        """

    def __call__(self, rows: Any) -> NDArray[Any]:
        """As ``transform``."""
        return self.transform(rows)

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Its arrays by name, and the rest by name, for a file."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
        return arrays, {name: value for name, value in found.items() if name not in arrays}


Fit = Callable[[Any], Encode]


@dataclass(frozen=True)
class Standardise(Encode):
    """Subtract each column's train mean and divide by its train standard deviation (n in the denominator).

    Args:
        mean: Of each column, float64 ``(features,)``.
        deviation: Of each column, float64 ``(features,)``; 1 of a column that is constant in train.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.deviation.shape or not (self.deviation > 0).all():
            raise ValueError("Standardise needs a mean and a deviation above 0 of each column")

    def transform(self, rows: Any) -> NDArray[Any]:
        """Of ``(rows, features)`` the same shape, computed in float64; float32 stays, all else becomes float64."""
        if not isinstance(rows, np.ndarray) or rows.shape[1:] != self.mean.shape:
            got = f"shape {rows.shape[1:]}" if isinstance(rows, np.ndarray) else "columns with names"
            raise UsageError(
                f"the run takes rows of shape {self.mean.shape}, but the data have {got}; give an array of such rows."
            )
        kind = np.float32 if rows.dtype == np.float32 else np.float64  # float16 would overflow
        done = np.empty(rows.shape, kind)
        for start in range(
            0, len(rows), _BLOCK
        ):  # in float64, or a large offset would round float32's differences away
            block = rows[start : start + _BLOCK].astype(np.float64)
            block -= self.mean
            block /= self.deviation
            done[start : start + _BLOCK] = block
        return done


@dataclass(frozen=True)
class Scale(Encode):
    """Divide by the largest value that a pixel can take: whole numbers become float32 in [0, 1].

    Args:
        largest: That value.
    """

    largest: int

    def __post_init__(self) -> None:
        if self.largest < 1:
            raise ValueError(f"Scale divides by 1 or more, not by {self.largest}")

    def transform(self, rows: Any) -> NDArray[np.float32]:
        """Of ``(rows, *shape)`` the same shape, float32."""
        if not isinstance(rows, np.ndarray):
            raise UsageError("the run takes arrays, but the data have columns with names; give data of that kind.")
        divided: NDArray[np.float32] = np.divide(rows, np.float32(self.largest), dtype=np.float32, casting="same_kind")
        return divided


@dataclass(frozen=True)
class UnitRows(Encode):
    """Divide each row by its root mean square: a bright picture and a dark one of the same are one; 0 stays 0."""

    def transform(self, rows: Any) -> NDArray[Any]:
        """Of ``(rows, *shape)`` the same shape, float32, computed in float64."""
        if not isinstance(rows, np.ndarray):
            raise UsageError("the run takes arrays, but the data have columns with names; give data of that kind.")
        done = np.empty(rows.shape, np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK].astype(np.float64)
            scale = np.sqrt(np.square(block).mean(tuple(range(1, block.ndim)), keepdims=True))
            done[start : start + _BLOCK] = block / np.where(scale > 0, scale, 1)
        return done


def unit_rows(train: NDArray[Any]) -> UnitRows:
    """Nothing is fitted: each row has its own scale."""
    del train
    return UnitRows()


def standardise(train: NDArray[Any]) -> Standardise:
    """Fits means and standard deviations to train rows ``(rows, features)``."""
    fitted = StandardScaler().fit(train.astype(np.float64) if train.dtype == np.float16 else train)
    return Standardise(np.asarray(fitted.mean_, np.float64), np.asarray(fitted.scale_, np.float64))


def scale(largest: int) -> Fit:
    """Nothing is fitted: every row is divided by the largest value that a pixel can take."""
    return lambda _: Scale(largest)
