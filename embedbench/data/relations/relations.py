"""Rows of which the distances are known, with or without features."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.labels.label_numbers import Task
from embedbench.data.prepare import standardise
from embedbench.data.relations.landmarks import Landmarks, find_landmarks
from embedbench.data.relations.matrix import check_matrix, from_pairs
from embedbench.errors import UsageError
from embedbench.files.numpy_files import read_arrays
from embedbench.files.tables.table_file import TableFile, read_table


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
        folds: See the base class.
        fold: See the base class.
        disjoint_classes: See the base class.
        split_file: See the base class.

    Raises:
        UsageError: If ``landmarks`` is below 1; on first access, if a file can't be read, or its matrix isn't square,
            symmetric, 0 or more, 0 on the diagonal and as large as labels and features.
    """

    def __init__(
        self,
        path: Path,
        labels: Path | None = None,
        features: Path | None = None,
        landmarks: PositiveInt = 128,
        task: Task = "auto",
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
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
            folds=folds,
            fold=fold,
            disjoint_classes=disjoint_classes,
            split_file=split_file,
        )
        self.path, self.landmarks = Path(path), landmarks
        self.files = {("labels", "y"): labels, ("features", "x"): features}
        self.task: Task = task

    def load(self) -> Source:
        """The features, or else the matrix itself; other rows of a run may be given by their distances to its own."""
        arrays = self._arrays()
        x, y, split = (arrays.get(name) for name in ("x", "y", "split"))
        landmarks = self.known.encode if self.known and isinstance(self.known.encode, Landmarks) else None
        size = next((len(part) for part in (x, y) if part is not None), None)
        matrix, said = self._matrix(arrays.get("distance"), size, landmarks)
        rows: int = len(arrays["x"]) if matrix is None else len(matrix)
        label, classes, more = self.labelled(None if y is None else pd.Series(y), self.task)
        if label is not None and label.shape != (rows,):
            raise UsageError(f"the label must have shape ({rows},), one for each row of x, got {label.shape}.")
        if x is not None and (x.ndim != 2 or len(x) != rows or x.dtype.kind not in "fiub" or not x.size):
            got = f"{x.dtype} of shape {x.shape}"
            raise UsageError(f"features must be numbers of shape ({rows}, features), a row each, got {got}.")
        if split is not None and split.shape != (rows,):
            raise UsageError(f"split must have shape ({rows},), a word for each row, got {split.shape}.")
        further = {name: arrays[name] for name in sorted(arrays.keys() - {"distance", "x", "y", "split"})}
        common: dict[str, Any] = {
            "split": self.official(None if split is None else pd.Series(split, name="split")),
            "notes": (*said, *(f"array {name!r} ignored" for name in further), *more),
            "relations": matrix if matrix is not None and np.array_equal(matrix, matrix.T) else None,
            "columns": self.beside({name: array for name, array in further.items() if array.shape == (rows,)}),
        }
        if x is not None and landmarks is None:
            return Source("tabular", x, label, classes, standardise, **common)
        fit = partial(find_landmarks, most=self.landmarks)
        return Source("tabular", pd.DataFrame(matrix), label, classes, fit, **common)

    def _arrays(self) -> dict[str, Any]:
        """What the files hold by name; a list of pairs is a table."""
        if self.path.suffix.lower() in (".npz", ".npy"):
            arrays: dict[str, Any] = {**read_arrays(self.path, "distance")}
        else:
            arrays = {"distance": read_table(self.path)}
        for (argument, name), file in self.files.items():
            if file is None:
                continue
            if name in arrays:
                raise UsageError(f"{self.path} has {argument} of its own, {name!r}; leave out `{argument}`.")
            found = read_arrays(Path(file), name)
            if name not in found:
                raise UsageError(f"`{argument}` must be an .npy file, or an .npz file that holds {name!r}, got {file}.")
            arrays[name] = found[name]
        # The features of a run's other rows are all that it takes.
        if "distance" not in arrays and not (self.known and "x" in arrays):
            raise UsageError(
                f"{self.path} must hold an array `distance`, got {', '.join(sorted(arrays)) or 'nothing'}."
            )
        return arrays

    def _matrix(
        self, found: Any, size: int | None, landmarks: Landmarks | None
    ) -> tuple[NDArray[np.float32] | None, list[str]]:
        if found is None:
            return None, []
        if isinstance(found, TableFile):
            matrix, said = from_pairs(found.frame, size, self.path, comma_is_decimal=found.comma_is_decimal)
            return matrix if landmarks is None else landmarks.distances(matrix, self.path), [*found.notes, *said]
        return check_matrix(found, self.path) if landmarks is None else landmarks.distances(found, self.path), []
