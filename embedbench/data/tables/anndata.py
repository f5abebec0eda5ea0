"""AnnData files of single cells and their kin: a matrix of observations by variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.arguments.hints import ColumnName, Folds, NonNegativeInt, PositiveInt
from embedbench.data import checks
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.labels.label_numbers import Task
from embedbench.data.prepare import Encode, Standardise, standardise
from embedbench.data.splits.row_keys import KeyColumns
from embedbench.data.tables.roles import check_columns, labelled_rows
from embedbench.errors import UsageError
from embedbench.files.names import some_of
from embedbench.files.tables.h5ad import read_h5ad
from embedbench.files.unicode_text import column_name

_NAMED = 5


@dataclass(frozen=True)
class NamedFeatures(Encode):
    """Columns by name, as numbers or standardised: other rows may have them in another order, and further ones.

    Args:
        names: Of the features.
        mean: What is subtracted from each, float64 ``(features,)``.
        deviation: What each is divided by, float64 ``(features,)``, above 0.
    """

    names: list[str]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def __post_init__(self) -> None:
        Standardise(self.mean, self.deviation)  # says what is wrong with these
        if len(self.names) != len(self.mean):
            raise ValueError("NamedFeatures needs a mean of each feature")

    def transform(self, rows: Any) -> NDArray[Any]:
        """Of a table ``(rows, columns)`` the named ones, ``(rows, features)``."""
        if not isinstance(rows, pd.DataFrame):
            raise UsageError("the run takes features by their names, but the data have none; give AnnData or a table.")
        lost = [name for name in self.names if name not in rows.columns]
        if lost:
            raise UsageError(
                f"{len(lost)} of {len(self.names)} features of the run aren't in the data, such as "
                f"{some_of(lost, _NAMED)}; give rows with all of them."
            )
        return Standardise(self.mean, self.deviation).transform(rows[self.names].to_numpy())


class AnnData(EmbeddingDataModule):
    """Rows of an AnnData file: X, a layer, or a matrix of the observations; sparse ones become dense.

    The values are taken as they are: nothing is normalised by the size of a cell, and no logarithm is taken.

    Args:
        path: An .h5ad file.
        label: Column of obs with the label; rows without a value in it are left out. ``None``: no labels.
        layer: Layer to take in place of X, such as one of counts.
        obsm: Matrix of the observations to take in place of X, such as X_pca.
        split: Column of obs that says "train", "val" or "test" of each row; parts that don't occur are cut from train.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        standardised: Whether features are standardised by the train rows; false keeps them as they are.
        id: Column of obs that names each row once, for a split file; obs_names are the observations' own names.
        split_by: Column of obs with groups, such as donors, whose rows all are in one split.
        split_after: Column of obs with dates or numbers by which the last 20 % of the rows test and the 10 %
            before them validate; equal ones are in one split.
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
        UsageError: If both a layer and a matrix of the observations are named; on first access, if the file or a column
            can't be used.
    """

    def __init__(
        self,
        path: Path,
        label: ColumnName | None = None,
        layer: str | None = None,
        obsm: str | None = None,
        split: ColumnName | None = None,
        task: Task = "auto",
        standardised: bool = True,
        id: ColumnName | None = None,
        split_by: ColumnName | None = None,
        split_after: ColumnName | None = None,
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
        cut: dict[str, Any] = {"folds": folds, "fold": fold, "disjoint_classes": disjoint_classes}
        super().__init__(batch_size, num_workers, train_rows, test_rows, split_seed, split_file=split_file, **cut)
        if layer is not None and obsm is not None:
            raise UsageError("`layer` and `obsm` both take the place of X; give one of them.")
        self.path = Path(path)
        self.layer, self.obsm = layer, obsm
        self.label = label if label is None else column_name(label)
        self.split = split if split is None else column_name(split)
        self.task: Task = task
        self.standardised = standardised
        self.roles = KeyColumns.of(id, split_by, split_after, self.label, self.split)

    def load(self) -> Source:
        """The matrix by the names of its features, with what obs says of the rows."""
        x, names, whole, said = read_h5ad(self.path, self.layer, self.obsm)
        checks.finite(x, names)
        label, split = self.there(whole, self.label, self.split)
        roles = KeyColumns(*self.there(whole, *self.roles))
        check_columns(whole, {"label": [label], "split": [split], **roles.asked()})
        frame, bare = (whole, ()) if self.any_label else labelled_rows(whole, label)
        if frame.empty:
            raise UsageError(f"{self.path} holds no labelled rows; give at least a few.")
        rows = frame.index.to_numpy()
        x = x if len(rows) == len(x) else x[rows]
        numbers, classes, more = self.labelled(None if label is None else frame[label], self.task)
        said = (*said, *bare, *more, *self._counts(x), *self._strange(names), *checks.repeated_rows(x))
        return Source(
            "tabular",
            pd.DataFrame(x, columns=names, copy=False),
            numbers,
            classes,
            partial(_fit, standardised=self.standardised),
            self.official(None if split is None else frame[split]),
            said,
            columns=self.beside(frame),
            keys=self.keys(frame, whole, roles),
        )

    def _counts(self, x: NDArray[Any]) -> Sequence[str]:
        """What is to be said of values that look like raw counts."""
        if self.known is not None or self.obsm is not None or x.min() < 0 or not (x == np.round(x)).all():
            return ()
        where = f"layer {self.layer}" if self.layer else "X"
        return (
            f"{where} holds whole numbers, as raw counts are, and is taken as it is; rows may differ most by what of "
            "each cell was read: normalise it before, as by scanpy's normalize_total and log1p, or name another layer",
        )

    def _strange(self, names: list[str]) -> Sequence[str]:
        """What is to be said of features that a finished run doesn't know."""
        encode = self.known and self.known.encode
        strange = set(names) - set(encode.names) if isinstance(encode, NamedFeatures) else ()
        return (f"{len(strange)} features that the run doesn't know are left out",) if strange else ()


def _fit(train: pd.DataFrame, *, standardised: bool) -> NamedFeatures:
    """What brings train rows ``(rows, features)``, and any others, to numbers."""
    names = list(map(str, train.columns))
    if not standardised:
        return NamedFeatures(names, np.zeros(len(names)), np.ones(len(names)))
    found = standardise(train.to_numpy())
    return NamedFeatures(names, found.mean, found.deviation)
