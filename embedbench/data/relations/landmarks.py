"""Rows known by their distances -> numbers: how far each is from some train rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.prepare import Encode, Standardise, standardise
from embedbench.data.relations.matrix import TOLERANCE, check_matrix, refuse_beyond_float32
from embedbench.errors import UsageError


@dataclass(frozen=True)
class Landmarks(Encode):
    """A row's distances to some train rows, standardised by the train rows.

    Args:
        size: Rows of the run's matrix.
        rows: Their numbers in it, rising, int64 ``(landmarks,)``.
        among: Distances between them, float32 ``(landmarks, landmarks)``, by which they are known again.
        mean: Of the distances to each over the train rows, float64 ``(landmarks,)``.
        deviation: Of the same, float64 ``(landmarks,)``.
    """

    size: int
    rows: NDArray[np.int64]
    among: NDArray[np.float32]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def __post_init__(self) -> None:
        Standardise(self.mean, self.deviation)  # says what is wrong with these
        count = len(self.mean)
        inside = bool(((self.rows >= 0) & (self.rows < self.size)).all())
        if self.rows.shape != (count,) or self.among.shape != (count, count) or not inside:
            raise ValueError(f"Landmarks needs {count} rows of {self.size} and the distances between them")

    def transform(self, rows: Any) -> NDArray[Any]:
        """Of distances to all rows of the run, and perhaps further ones, ``(rows, size or more)``."""
        if not isinstance(rows, pd.DataFrame) or list(rows.columns[: self.size]) != list(range(self.size)):
            raise UsageError("the run takes distances from its own rows; give data of that kind, as `relations` reads.")
        return Standardise(self.mean, self.deviation).transform(rows.to_numpy()[:, self.rows])

    def distances(self, matrix: NDArray[Any], path: Path) -> NDArray[np.float32]:
        """Distances of other rows, checked, float32 ``(rows, size or more)``.

        Args:
            matrix: Square, of the run's rows and after them further ones; or of any rows, with a column for each of the
                run's rows.
            path: The file that a refusal names.

        Raises:
            UsageError: If there are too few columns, an entry is no distance, or the run's rows aren't those that they
                were.
        """
        if matrix.ndim != 2 or matrix.shape[1] < self.size or not len(matrix) or matrix.dtype.kind not in "fiub":
            raise UsageError(
                f"{path} must hold distances from the {self.size} rows of the run, a column for each in their order, "
                f"got {matrix.dtype} of shape {matrix.shape}."
            )
        if matrix.shape[0] == matrix.shape[1] and np.allclose(matrix, matrix.T, atol=TOLERANCE * np.abs(matrix).max()):
            found = check_matrix(matrix, path)
            own = found[np.ix_(self.rows, self.rows)]
            if not np.allclose(own, self.among, atol=TOLERANCE * self.among.max(initial=0)):
                raise UsageError(
                    f"the first {self.size} rows of {path} aren't those of the run, for they lie otherwise; give its "
                    "rows first, in their order, or a column for each of them alone."
                )
            return found
        with np.errstate(over="ignore"):
            found = matrix.astype(np.float32)
        bad = ~(np.isfinite(found) & (found >= 0))
        if bad.any():
            i, j = np.unravel_index(int(bad.argmax()), bad.shape)
            raise UsageError(
                f"a distance must be a finite float32, 0 or more, but {path} holds {matrix[i, j]:g} in row {i}, column "
                f"{j}; repair it, or leave the row out."
            )
        refuse_beyond_float32(matrix, path)
        return found


def find_landmarks(train: pd.DataFrame, most: int) -> Landmarks:
    """Some train rows, which are the same ones for the same train rows.

    Args:
        train: Distances of the train rows from all rows ``(rows, all rows)``, indexed by their numbers among these.
        most: Landmarks, if there are as many rows.
    """
    places = np.random.default_rng(0).permutation(len(train))[:most]
    rows = np.sort(train.index.to_numpy()[places])
    scaled = standardise(train.to_numpy()[:, rows])
    among = train.loc[rows].to_numpy()[:, rows]
    return Landmarks(train.shape[1], rows.astype(np.int64), among, scaled.mean, scaled.deviation)
