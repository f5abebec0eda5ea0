"""From what a user asks of the splits to the rows of each, and what a reader of the results must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.data.splits.row_keys import RowKeys
from embedbench.data.splits.split_file import read_split
from embedbench.data.splits.split_rows import How, split_rows
from embedbench.data.splits.stratified import Classes, Rows
from embedbench.data.splits.time_order import shown
from embedbench.errors import UsageError
from embedbench.files.names import some_of
from embedbench.types import SPLITS, Split

_NAMED = 10  # classes in a note


class SplitSettings(NamedTuple):
    """What a user asks of the splits.

    Attributes:
        seed: Of every cut and subset.
        train_rows: Train rows to use, validation included; ``None`` uses all.
        test_rows: Test rows to use; ``None`` uses all.
        folds: Number of test folds; ``None``: a single cut.
        fold: The one that is tested, from 1.
        disjoint_classes: Whether test has classes that no other split has.
        file: That says the split of each row, a path.
    """

    seed: int
    train_rows: int | None = None
    test_rows: int | None = None
    folds: int | None = None
    fold: int = 1
    disjoint_classes: bool = False
    file: Path | None = None

    def check(self) -> None:
        """Refuses what contradicts itself, before any data are read.

        Raises:
            UsageError: If the fold is none of the folds, or a file is to be followed and to be changed.
        """
        if self.fold > (self.folds or 1):
            cure = "give `folds`, too" if self.folds is None else f"it must be in [1, {self.folds}]"
            raise UsageError(f"`fold` is {self.fold}, but there is no such fold; {cure}.")
        if self.file is not None and (self.folds or self.disjoint_classes):
            other = "folds" if self.folds else "disjoint_classes"
            raise UsageError(f"`split_file` says where each row belongs, and `{other}` too; give one of them.")


class Divided(NamedTuple):
    """The rows of each split, sorted, and notes, one sentence each."""

    rows: dict[Split, Rows]
    notes: list[str]


def divide(
    official: NDArray[np.str_] | None, n_rows: int, classes: Classes | None, keys: RowKeys, asked: SplitSettings
) -> Divided:
    """Divides the rows of a data set; a split file takes the place of parts that the data come with.

    Args:
        official: Part that each row belongs to, ``(rows,)``; ``None`` if there is none.
        n_rows: Number of rows.
        classes: Class numbers, ``(rows,)``; ``None`` unless the label is classes.
        keys: What the rows are known by.
        asked: By the user.

    Raises:
        UsageError: As `split_rows` and `read_split`.
    """
    parts = np.full(n_rows, "train") if official is None else official
    said: tuple[str, ...] = ()
    if asked.file is not None:
        if keys.groups is not None or keys.times is not None:
            other = "split_after" if keys.groups is None else "split_by"
            raise UsageError(f"`split_file` says where each row belongs, and `{other}` too; give one of them.")
        parts, said = read_split(Path(asked.file), keys, n_rows)
    how = How(keys.groups, keys.times, asked.folds, asked.fold, asked.disjoint_classes)
    rows = split_rows(parts, classes, asked.seed, asked.train_rows, asked.test_rows, how)
    return Divided(rows, [*said, *_of_groups(rows, how), *_of_times(rows, how)])


def class_notes(rows: dict[Split, Rows], label: Classes, names: Sequence[str], asked: SplitSettings) -> list[str]:
    """What is to be said of disjoint classes: which are tested, and how many rows are in no split.

    Args:
        rows: Of each split.
        label: Class numbers, ``(rows,)``.
        names: Of the classes.
        asked: By the user.
    """
    if not asked.disjoint_classes:
        return []
    if asked.folds:
        return [f"each of {asked.folds} folds tests classes that no model of it is trained on"]
    tested = np.unique(label[rows["test"]])
    listed = some_of([repr(names[number]) for number in tested], _NAMED)
    return [f"tested are {len(tested)} of {len(names)} classes, on which no model is trained: {listed}"]


def _of_groups(rows: dict[Split, Rows], how: How) -> list[str]:
    if how.groups is None:
        return []
    if how.folds:
        return [f"rows of one group stay together: {len(np.unique(how.groups))} groups in {how.folds} folds"]
    counts = ", ".join(f"{len(np.unique(how.groups[rows[split]]))} in {split}" for split in SPLITS)
    return [f"rows of one group stay together: {counts}"]


def _of_times(rows: dict[Split, Rows], how: How) -> list[str]:
    if how.times is None:
        return []
    begin: dict[str, Any] = {split: shown(how.times[rows[split]].min()) for split in SPLITS}
    return [f"rows are divided by time: val begins at {begin['val']}, test at {begin['test']}"]
