"""Rows of which the distances are known, with or without features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data import checks
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.frames import split_column
from embedbench.data.labels import Task, encode_label
from embedbench.data.matrix import checked, from_pairs
from embedbench.data.prepare import Encode, Fit, standardise
from embedbench.errors import UsageError
from embedbench.files.arrays import read_arrays
from embedbench.files.tables import read_table


class Relations(EmbeddingDataModule):
    """A matrix of distances, or a list of pairs: what relational models and geometry metrics compare embeddings with.

    Rows need no coordinates. Without features a model's input is a row's distances to some train rows, standardised: a
    Lipschitz embedding (Linial, London & Rabinovich, 1995), which rows outside the train split have as well.

    Args:
        path: An .npz file of a square matrix ``distance`` and, if there are some, labels ``y``, features ``x`` and
            ``split``, the words train, val or test of each row; an .npy file of the matrix alone; else a table as
            ``table`` reads it, of columns i, j (row numbers from 0) and distance.
        labels: The .npy file of the labels of a matrix or list that comes without.
        features: The .npy file of the features ``(rows, features)`` of a matrix or list that comes without.
        landmarks: Train rows whose distances are the input of rows without features; all if there aren't more.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.

    Raises:
        UsageError: If ``landmarks`` is below 1; on first access, if a file can't be read, or its matrix isn't square,
            symmetric, 0 or more, 0 on the diagonal and as large as labels and features.
    """

    def __init__(
        self,
        path: Path,
        labels: Path | None = None,
        features: Path | None = None,
        landmarks: int = 128,
        task: Task = "auto",
        batch_size: int = 128,
        num_workers: int = 0,
        train_rows: int | None = None,
        test_rows: int | None = None,
        split_seed: int = 0,
    ) -> None:
        super().__init__(batch_size, num_workers, train_rows, test_rows, split_seed)
        if landmarks < 1:
            raise UsageError(f"`landmarks` must be at least 1, got {landmarks}.")
        self.path, self.landmarks = Path(path), landmarks
        self.files = {("labels", "y"): labels, ("features", "x"): features}
        self.task: Task = task

    def load(self) -> Source:
        """The numbers of the rows, which their features or their distances are looked up by, and the matrix."""
        arrays = self._arrays()
        x, y, split = (arrays.get(name) for name in ("x", "y", "split"))
        matrix, said = self._matrix(arrays["distance"], next((len(part) for part in (x, y) if part is not None), None))
        label, classes = (None, ()) if y is None else encode_label(pd.Series(y), self.task)
        checks.labels(len(matrix), label)
        if x is not None and (x.ndim != 2 or len(x) != len(matrix) or x.dtype.kind not in "fiub" or not x.size):
            got = f"{x.dtype} of shape {x.shape}"
            raise UsageError(f"features must be numbers of shape ({len(matrix)}, features), a row each, got {got}.")
        if x is not None:
            checks.finite(x)
        if split is not None and split.shape != (len(matrix),):
            raise UsageError(f"split must have shape ({len(matrix)},), a word for each row, got {split.shape}.")
        known = {"distance", "x", "y", "split"}
        said += [f"array {name!r} ignored" for name in sorted(arrays.keys() - known)]
        parts = None if split is None else split_column(pd.Series(split, name="split"))
        fit = _to_landmarks(matrix, self.landmarks) if x is None else _looked_up(x)
        numbers = np.arange(len(matrix))[:, None]
        return Source("tabular", numbers, label, classes, fit, parts, tuple(said), relations=matrix)

    def _arrays(self) -> dict[str, Any]:
        """What the files hold by name; a list of pairs is a table."""
        if self.path.suffix in (".npz", ".npy"):
            arrays: dict[str, Any] = {**read_arrays(self.path, "distance")}
        else:
            arrays = {"distance": read_table(self.path).frame}
        if "distance" not in arrays:
            raise UsageError(
                f"{self.path} must hold an array `distance`, got {', '.join(sorted(arrays)) or 'nothing'}."
            )
        for (argument, name), file in self.files.items():
            if file is None:
                continue
            if name in arrays:
                raise UsageError(f"{self.path} has {argument} of its own, {name!r}; leave out `{argument}`.")
            found = read_arrays(Path(file), name)
            if name not in found:
                raise UsageError(f"`{argument}` must be an .npy file, or an .npz file that holds {name!r}, got {file}.")
            arrays[name] = found[name]
        return arrays

    def _matrix(self, found: Any, size: int | None) -> tuple[NDArray[np.float32], list[str]]:
        if isinstance(found, pd.DataFrame):
            return from_pairs(found, size, self.path)
        return checked(found, self.path), []


def _looked_up(x: NDArray[Any]) -> Fit:
    """From row numbers ``(rows, 1)`` to these rows of x, standardised by the train rows."""

    def fit(train: NDArray[np.int64]) -> Encode:
        encode = standardise(x[train[:, 0]])
        return Encode(lambda rows: encode(x[rows[:, 0]]))

    return fit


def _to_landmarks(matrix: NDArray[np.float32], most: int) -> Fit:
    """From row numbers to distances from some train rows, which are the same ones for the same train rows."""

    def fit(train: NDArray[np.int64]) -> Encode:
        places = np.random.default_rng(0).permutation(len(train))[:most]
        return _looked_up(matrix[:, np.sort(train[places, 0])])(train)

    return fit
