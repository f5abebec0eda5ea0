"""Texts of one's own: a column of a CSV, JSON Lines, Parquet or Arrow file, or a folder of .txt files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from embedbench.arguments.hints import ColumnName, Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.checks import repeated_rows
from embedbench.data.folders import two_folders
from embedbench.data.labels.further_columns import FurtherColumns
from embedbench.data.labels.label_numbers import Task
from embedbench.data.splits.row_keys import KeyColumns
from embedbench.data.tables.roles import (
    check_columns,
    checked_separator,
    labelled_rows,
    text_column,
    unasked_split,
)
from embedbench.data.tables.two_files import read_two
from embedbench.errors import UsageError
from embedbench.files.names import some_of
from embedbench.files.text_file import read_text
from embedbench.files.unicode_text import column_name

_NAMED = 5  # columns at most


class Text(EmbeddingDataModule):
    """One text a row, with a label or without.

    Args:
        path: A Parquet file (.parquet, .pq), Arrow or Feather (.arrow, .feather), JSON Lines (.jsonl, .ndjson), else a
            CSV file, compressed or not; or a folder of texts ``CLASS/FILE.txt``, or ``train/CLASS/FILE.txt`` and
            ``test/CLASS/FILE.txt``.
        text: Column of the texts; a folder has none.
        label: Column of the label; rows without a value in it are left out. Lists are several labels a row. ``None``:
            no labels. A folder has its own.
        split: Column that says "train", "val" or "test" of each row; parts that don't occur are cut from train.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        label_separator: What stands between several labels in a cell of text, such as ";"; lists need none.
        test: A second file of the same columns, or a second folder, whose rows are the test split.
        id: Column that names each row once, for a split file.
        split_by: Column of groups, such as authors, whose rows all are in one split.
        split_after: Column of dates or numbers by which the last 20 % of the rows test and the 10 % before them
            validate; equal ones are in one split, and ``train_rows`` are drawn from all times.
        probe: Columns that probes are scored by, beside the label, classes or real targets as that is; rows without a
            value are left out of that column's scores.
        levels: Columns of classes above the label, its finest level: each is scored as a label is.
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
        UsageError: On first access, if the file, a column or a text can't be used; names it.
    """

    def __init__(
        self,
        path: Path,
        text: ColumnName = "text",
        label: ColumnName | None = None,
        split: ColumnName | None = None,
        task: Task = "auto",
        label_separator: str | None = None,
        test: Path | None = None,
        id: ColumnName | None = None,
        split_by: ColumnName | None = None,
        split_after: ColumnName | None = None,
        probe: list[ColumnName] | None = None,
        levels: list[ColumnName] | None = None,
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
        drawn: dict[str, Any] = {"train_rows": train_rows, "test_rows": test_rows, "split_seed": split_seed}
        cut: dict[str, Any] = {"folds": folds, "fold": fold, "disjoint_classes": disjoint_classes}
        super().__init__(batch_size, num_workers, **drawn, **cut, split_file=split_file)
        self.path, self.text = Path(path), column_name(text)
        self.split = split if split is None else column_name(split)
        self.label = label if label is None else column_name(label)
        self.task: Task = task
        self.label_separator = checked_separator(label_separator, label)
        self.test = None if test is None else Path(test)
        self.roles = KeyColumns.of(id, split_by, split_after, self.label, self.split, self.test)
        taken: dict[str, Sequence[str | None]] = {"text": [self.text], "label": [self.label], "split": [self.split]}
        self.aside = FurtherColumns.of(probe, levels, {**taken, **self.roles.asked()})

    def load(self) -> Source:
        """The texts as they stand."""
        if self.path.is_dir():
            return self._folder()
        named = self.as_written(self.text, self.label, self.split, *self.roles, *self.aside.names)
        (whole, said, comma_is_decimal), two = read_two(self.path, self.test, named)
        label, split = self.there(whole, self.label, self.split)
        roles = KeyColumns(*self.there(whole, *self.roles))
        further = self.aside if self.known is None else self.aside.among(whole.columns)
        asked: dict[str, Sequence[str | None]] = {"text": [self.text], "label": [label], "split": [split]}
        check_columns(whole, {**asked, **roles.asked(), **further.asked()})
        frame, bare = (whole, ()) if self.any_label else labelled_rows(whole, label, self.label_separator)
        texts = text_column(frame[self.text], self.path, few=self.known is not None)
        numbers, classes, names = self.labelled(
            None if label is None else frame[label],
            self.task,
            comma_is_decimal=comma_is_decimal,
            separator=self.label_separator,
        )
        parts = self.official(frame[split] if split is not None else two if two is None else two[frame.index])
        keys = self.keys(frame, whole, roles, comma_is_decimal=comma_is_decimal)
        aside = self.set_aside(frame, further, numbers, classes, comma_is_decimal=comma_is_decimal)
        used = (self.text, label, split, *roles, *further.names)
        others = frame.drop(columns=[name for name in used if name is not None])
        others, unasked = unasked_split(others, split, ())
        beside = () if self.known else (*unasked, *_beside_texts(self.text, others))
        said = (*said, *beside, *bare, *names, *aside.notes, *repeated_rows(texts))
        columns = self.beside(frame)
        return Source(
            "text", texts, numbers, classes, None, parts, said, columns=columns, keys=keys, further=aside.labels
        )

    def _folder(self) -> Source:
        self.roles.refuse_folder()
        self.aside.refuse_folder()
        if self.label_separator is not None:
            raise UsageError(
                f"`label_separator` is for a column, but {self.path} is a folder of classes; leave it out."
            )
        items, ignored, said = two_folders(
            self.path, self.test, lambda path: path.suffix.lower() == ".txt", "text", classless=self.any_label
        )
        label, classes, more = self.classed([item.name for item in items])
        texts = np.array([read_text(item.path) for item in items], dtype=object)
        split = np.array([item.part for item in items])
        said += (f"{ignored} entries that are no .txt files ignored",) if ignored else ()
        columns = self.beside({"file": [str(item.path) for item in items]})
        return Source(
            "text", texts, label, classes, None, split, (*said, *more, *repeated_rows(texts)), columns=columns
        )


def _beside_texts(text: str, others: pd.DataFrame) -> tuple[str, ...]:
    """Says which columns nothing is made of."""
    if others.empty:
        return ()
    named = some_of([repr(str(name)) for name in others.columns], _NAMED)
    return (f"only the texts of {text!r} are embedded, and nothing is made of {named}",)
