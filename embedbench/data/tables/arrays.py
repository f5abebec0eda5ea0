"""Arrays saved by numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data import checks
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.labels.further_columns import FurtherColumns
from embedbench.data.labels.label_numbers import Task
from embedbench.data.prepare import Fit, scale, standardise
from embedbench.data.splits.row_keys import KeyColumns
from embedbench.errors import UsageError, unknown
from embedbench.files.label_sets import indicated
from embedbench.files.numpy_files import read_arrays

_LAYOUT = "x and y, or x_train, y_train, x_test and y_test (labels may be left out)"


class Arrays(EmbeddingDataModule):
    """Rows of a numpy file: features ``(rows, features)`` or images.

    Images are ``(rows, height, width)``, ``(rows, channels, height, width)`` or ``(rows, height, width, channels)``
    with 1 or 3 channels; whole numbers in [0, 255] are divided by 255, floats must be in [0, 1] already.

    Args:
        path: An .npz file holding x and y, or x_train, y_train, x_test and y_test (an official split); or an .npy file
            of x alone. A y of 0 and 1, ``(rows, labels)``, is several labels a row, called by the numbers of its
            columns.
        labels: The .npy file of the labels that belong to an .npy file of x.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        standardised: Whether features are standardised by the train rows; false keeps counts and binary values as they
            are. Images never are.
        split_by: Name of an array ``(rows,)`` in the .npz file, beside x and y, that holds the group of each row, such
            as a patient; the rows of a group are all in one split.
        split_after: Name of such an array of dates or numbers, by which the last 20 % of the rows test and the 10 %
            before them validate; equal ones are in one split.
        probe: Names of such arrays that probes are scored by, beside y, classes or real targets as that is; rows with
            NaN are left out of that array's scores.
        levels: Names of such arrays of classes above y, their finest level: each is scored as y is.
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
        UsageError: On first access, if a file can't be read or its arrays can't be used.
    """

    def __init__(
        self,
        path: Path,
        labels: Path | None = None,
        task: Task = "auto",
        standardised: bool = True,
        split_by: str | None = None,
        split_after: str | None = None,
        probe: list[str] | None = None,
        levels: list[str] | None = None,
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
        drawn: dict[str, Any] = {"train_rows": train_rows, "test_rows": test_rows, "split_seed": split_seed}
        seen: dict[str, Any] = {"flip": flip, "scale_rows": scale_rows}
        cut: dict[str, Any] = {"folds": folds, "fold": fold, "disjoint_classes": disjoint_classes}
        super().__init__(batch_size, num_workers, **drawn, **seen, **cut, split_file=split_file)
        self.path = Path(path)
        self.labels = labels
        self.task: Task = task
        self.standardised = standardised
        self.roles = KeyColumns(None, split_by, split_after)
        self.aside = FurtherColumns.of(probe, levels, self.roles.asked())

    def load(self) -> Source:
        """The arrays as saved; images with the channels in front."""
        arrays = read_arrays(self.path)
        if self.labels is not None:
            if "x" not in arrays or "y" in arrays:
                raise UsageError(f"`labels` belongs to an .npy file of x, not to {self.path}; leave it out.")
            arrays |= {"y": read_arrays(self.labels)["x"]}
        (x, y), split = _joined(arrays, self.path)
        names = {"x", "y", "x_train", "y_train", "x_test", "y_test"}
        others = {name: array for name, array in arrays.items() if name not in names}
        beside = {name: array for name, array in others.items() if array.shape == x.shape[:1]}
        roles = KeyColumns(*self.there(pd.DataFrame(columns=[*others]), *self.roles))
        further = self.aside if self.known is None else self.aside.among(others)
        _check_arrays(others, beside, {**roles.asked(), **further.asked()})
        used = [name for name in (*roles, *further.names) if name is not None]
        said = tuple(f"array {name!r} ignored" for name in sorted(others.keys() - {*used}))
        table = pd.DataFrame({name: beside[name] for name in used}, index=range(len(x)))
        label, classes, more = self.labelled(None if y is None else _column(y), self.task)
        aside = self.set_aside(table, further, label, classes)
        notes = (*said, *more, *aside.notes)
        common: dict[str, Any] = {"split": split, "notes": notes, "columns": self.beside(beside)}
        common |= {"keys": self.keys(table, table, roles), "further": aside.labels}
        if x.ndim == 2:
            return Source("tabular", x, label, classes, standardise if self.standardised else scale(1), **common)
        x, fit = _images(x)
        return Source("image", x, label, classes, fit, **common)


def _check_arrays(
    others: Mapping[str, Any], beside: Mapping[str, Any], asked: Mapping[str, Sequence[str | None]]
) -> None:
    """Refuses names of arrays that aren't there or have not one value a row.

    Args:
        others: Arrays beside x and y.
        beside: Those of one value a row.
        asked: The names by argument.

    Raises:
        UsageError: If there is one.
    """
    for argument, names in asked.items():
        for name in names:
            if name is not None and name not in others:
                raise unknown(f"{argument} array", name, others)
            if name is not None and name not in beside:
                raise UsageError(f"array {name!r} of `{argument}` must have one value a row, got {others[name].shape}.")


def _joined(
    arrays: dict[str, NDArray[Any]], path: Path
) -> tuple[tuple[NDArray[Any], NDArray[Any] | None], NDArray[np.str_] | None]:
    """All rows of x and y, and the part of each where the file is split."""
    if "x" in arrays and "x_train" not in arrays:
        parts = {"train": ("x", "y")}
    elif "x_train" in arrays and "x_test" in arrays and "x" not in arrays:
        parts = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
    else:
        raise UsageError(f"{path} must hold {_LAYOUT}, got {', '.join(sorted(arrays)) or 'nothing'}.")
    xs = [arrays[x] for x, _ in parts.values()]
    ys = [arrays[y] for _, y in parts.values() if y in arrays]
    for x in xs:
        if x.ndim not in (2, 3, 4) or 0 in x.shape or x.shape[1:] != xs[0].shape[1:] or x.dtype.kind not in "biuf":
            raise UsageError(
                f"x must be numbers of 2, 3 or 4 axes, none empty and alike in all parts, got {x.dtype} {x.shape}."
            )
    widths = {y.shape[1:] for y in ys}
    odd = len(widths) > 1 or any(len(width) > 1 or width == (1,) for width in widths)
    if ys and (odd or [y.shape[:1] for y in ys] != [x.shape[:1] for x in xs]):
        shapes = f"{[x.shape[:1] for x in xs]}, got {[y.shape for y in ys]}"
        raise UsageError(f"{path} needs one label for each row of x: shapes {shapes}.")
    x, y = np.concatenate(xs), np.concatenate(ys) if ys else None
    split = None if len(parts) == 1 else np.repeat(list(parts), [len(part) for part in xs])
    return (x, y), split


def _column(y: NDArray[Any]) -> pd.Series[Any]:
    """Labels as a column; of an array of 0 and 1 the numbers of those that a row has."""
    column: pd.Series[Any] = pd.Series(y if y.ndim == 1 else indicated(y, "y"))
    return column


def _images(x: NDArray[Any]) -> tuple[NDArray[Any], Fit]:
    """Images ``(rows, channels, height, width)`` and what brings them into [0, 1]."""
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[1] not in (1, 3):
        if x.shape[3] not in (1, 3):
            raise UsageError(f"images need 1 or 3 channels on axis 1 or 3, got {x.shape}; leave the others out.")
        x = np.moveaxis(x, 3, 1)
    checks.finite(x)
    largest = 255 if x.dtype.kind in "iu" else 1
    if x.min() < 0 or x.max() > largest:
        raise UsageError(
            f"pixels must be whole numbers in [0, 255] or floats in [0, 1], got {x.dtype} in [{x.min()}, {x.max()}]; "
            "rescale them."
        )
    return x, scale(largest)
