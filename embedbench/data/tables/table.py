"""Any table in a CSV, JSON Lines, Parquet or Arrow file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.label_numbers import Task
from embedbench.data.splits.row_keys import KeyColumns
from embedbench.data.tables.column_codes import encode_columns, features, notes
from embedbench.data.tables.copies import without_copies
from embedbench.data.tables.roles import check_columns, labelled_rows
from embedbench.data.tables.two_files import read_two
from embedbench.errors import UsageError
from embedbench.files.tables.header import column_name


class Table(EmbeddingDataModule):
    """Rows of a table; every column but the label, the split and the dropped ones is a feature.

    Numeric columns and the elements of lists are standardised, others become 0/1 columns. What was filled, left out or
    read otherwise than it is written is counted in ``notes``.

    Args:
        path: A Parquet file (.parquet, .pq), Arrow or Feather (.arrow, .feather), JSON Lines (.jsonl, .ndjson), else a
            CSV file, compressed or not.
        label: Column of the label; rows without a value in it are left out. ``None``: no labels.
        split: Column that says "train", "val" or "test" of each row; parts that don't occur are cut from train.
        drop: Columns to leave out.
        categorical: Columns of numbers that are categories.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        test: A second file of the same columns, whose rows are the test split; those of ``path`` train and validate.
        id: Column that names each row once, for a split file; it is no feature.
        split_by: Column of groups, such as patients, whose rows all are in one split; it is no feature.
        split_after: Column of dates or numbers by which the last 20 % of the rows test and the 10 % before them
            validate; equal ones are in one split, and ``train_rows`` are drawn from all times. It is no feature.
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
        UsageError: On first access, if the file or a column can't be used; names it.
    """

    def __init__(
        self,
        path: Path,
        label: str | None = None,
        split: str | None = None,
        drop: list[str] | None = None,
        categorical: list[str] | None = None,
        task: Task = "auto",
        test: Path | None = None,
        id: str | None = None,
        split_by: str | None = None,
        split_after: str | None = None,
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
        self.path = Path(path)
        self.label = label if label is None else column_name(label)
        self.split = split if split is None else column_name(split)
        self.drop = [column_name(name) for name in drop or []]
        self.categorical = [column_name(name) for name in categorical or []]
        self.task: Task = task
        self.test = None if test is None else Path(test)
        self.roles = KeyColumns.of(id, split_by, split_after, self.label, self.split, self.test)

    def load(self) -> Source:
        """The table with its columns told apart, not yet filled nor encoded."""
        named = self.as_written(self.label, self.split, *self.roles, *self.drop, *self.categorical)
        (whole, said, comma_is_decimal), two = read_two(self.path, self.test, named)
        label, split, *drop = self.there(whole, self.label, self.split, *self.drop)
        roles = KeyColumns(*self.there(whole, *self.roles))
        check_columns(whole, {"label": [label], "split": [split], "drop": drop, **roles.asked()})
        frame, bare = (whole, ()) if self.any_label else labelled_rows(whole, label)
        if frame.empty:
            kind = "" if label is None or self.any_label else "labelled "
            raise UsageError(f"{self.path} holds no {kind}rows; give at least a few.")
        numbers, classes, names = self.labelled(
            None if label is None else frame[label], self.task, comma_is_decimal=comma_is_decimal
        )
        given = frame.drop(columns=[name for name in (label, split, *drop, *roles) if name is not None])
        copies: tuple[str, ...] = ()
        if self.known is None:
            check_columns(frame, {"categorical": [*self.categorical]})
            given, copies = without_copies(given, numbers, classes, comma_is_decimal=comma_is_decimal)
        encode = self.known and self.known.encode
        table, columns, read = features(given, self.categorical, encode, comma_is_decimal=comma_is_decimal)
        if not columns:
            raise UsageError(f"no feature is left in {self.path} beside label, split and drop; drop less.")
        return Source(
            "tabular",
            table,
            numbers,
            classes,
            partial(encode_columns, columns=columns),
            self.official(frame[split] if split is not None else two if two is None else two[frame.index]),
            (*said, *bare, *names, *copies, *roles.notes, *read, *notes(table, columns, fitted=self.known is None)),
            columns=self.beside(frame),
            keys=self.keys(frame, whole, roles, comma_is_decimal=comma_is_decimal),
        )
