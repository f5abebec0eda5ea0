"""Any table in a CSV, JSON Lines, Parquet or Arrow file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from embedbench.arguments.hints import ColumnName, Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.checks import repeated_rows
from embedbench.data.labels.further_columns import Further, FurtherColumns
from embedbench.data.labels.label_numbers import Task
from embedbench.data.splits.row_keys import KeyColumns
from embedbench.data.tables.column_codes import encode_columns, features, notes
from embedbench.data.tables.copies import without_copies, without_copies_of
from embedbench.data.tables.kinds import Column
from embedbench.data.tables.recognised import Feature
from embedbench.data.tables.roles import check_columns, checked_separator, labelled_rows, unasked_split
from embedbench.data.tables.two_files import read_two
from embedbench.errors import UsageError
from embedbench.files.unicode_text import column_name

_KINDS: dict[str, Feature] = {"categorical": "category", "numeric": "number", "date": "date"}


class Table(EmbeddingDataModule):
    """Rows of a table; every column is a feature but the label, the split, ids, free texts and what says nothing.

    Numeric columns, dates and the elements of lists are standardised, others become 0/1 columns. What was filled, left
    out or read otherwise than it is written is counted in ``notes``.

    Args:
        path: A Parquet file (.parquet, .pq), Arrow or Feather (.arrow, .feather), JSON Lines (.jsonl, .ndjson), else a
            CSV file, compressed or not.
        label: Column of the label; rows without a value in it are left out. Lists are several labels a row. ``None``:
            no labels.
        split: Column that says "train", "val" or "test" of each row; parts that don't occur are cut from train.
        drop: Columns to leave out.
        categorical: Columns that are categories, whatever they hold.
        numeric: Columns that are numbers, though they look like an id.
        date: Columns that are dates: also numbers, as 20200131, or seconds or milliseconds since 1970.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        label_separator: What stands between several labels in a cell of text, such as ";"; lists need none.
        test: A second file of the same columns, whose rows are the test split; those of ``path`` train and validate.
        id: Column that names each row once, for a split file; it is no feature.
        split_by: Column of groups, such as patients, whose rows all are in one split; it is no feature.
        split_after: Column of dates or numbers by which the last 20 % of the rows test and the 10 % before them
            validate; equal ones are in one split, and ``train_rows`` are drawn from all times. It is no feature.
        probe: Columns that no model sees and that probes are scored by, classes or real targets as ``label`` is;
            ``categorical`` and ``numeric`` overrule that. Rows without a value are left out of that column's scores.
        levels: Columns of classes above the label, its finest level, such as a genus above a species: each is scored
            as a label is, and no model sees them.
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
        label: ColumnName | None = None,
        split: ColumnName | None = None,
        drop: list[ColumnName] | None = None,
        categorical: list[ColumnName] | None = None,
        numeric: list[ColumnName] | None = None,
        date: list[ColumnName] | None = None,
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
        self.path, self.test = Path(path), None if test is None else Path(test)
        self.label = label if label is None else column_name(label)
        self.split = split if split is None else column_name(split)
        self.drop = [column_name(name) for name in drop or []]
        self.kinds = asked_kinds({"categorical": categorical, "numeric": numeric, "date": date})
        self.task: Task = task
        self.label_separator = checked_separator(label_separator, label)
        self.roles = KeyColumns.of(id, split_by, split_after, self.label, self.split, self.test)
        taken: dict[str, Sequence[str | None]] = {"label": [self.label], "split": [self.split], "drop": self.drop}
        self.aside = FurtherColumns.of(probe, levels, {**taken, "date": date or (), **self.roles.asked()})

    def load(self) -> Source:
        """The table with its columns told apart, not yet filled nor encoded."""
        named = self.as_written(self.label, self.split, *self.roles, *self.drop, *self.kinds, *self.aside.names)
        (whole, said, comma_is_decimal), two = read_two(self.path, self.test, named)
        label, split, *drop = self.there(whole, self.label, self.split, *self.drop)
        roles = KeyColumns(*self.there(whole, *self.roles))
        further = self.aside if self.known is None else self.aside.among(whole.columns)
        check_columns(whole, {"label": [label], "split": [split], "drop": drop, **roles.asked(), **further.asked()})
        frame, bare = (whole, ()) if self.any_label else labelled_rows(whole, label, self.label_separator)
        if frame.empty:
            kind = "" if label is None or self.any_label else "labelled "
            raise UsageError(f"{self.path} holds no {kind}rows; give at least a few.")
        numbers, classes, names = self.labelled(
            None if label is None else frame[label],
            self.task,
            comma_is_decimal=comma_is_decimal,
            separator=self.label_separator,
        )
        aside = self.set_aside(frame, further, numbers, classes, kinds=self.kinds, comma_is_decimal=comma_is_decimal)
        gone = [name for name in (label, split, *drop, *roles, *further.names) if name is not None]
        table, columns, read = self._features(frame.drop(columns=gone), numbers, classes, aside, comma_is_decimal)
        said = (*said, *bare, *names, *roles.notes, *aside.notes, *read)
        said = (*said, *notes(table, columns, fitted=self.known is None))
        return Source(
            "tabular",
            table,
            numbers,
            classes,
            partial(encode_columns, columns=columns),
            self.official(frame[split] if split is not None else two if two is None else two[frame.index]),
            (*said, *repeated_rows(table)),
            columns=self.beside(frame),
            keys=self.keys(frame, whole, roles, comma_is_decimal=comma_is_decimal),
            further=aside.labels,
        )

    def _features(
        self,
        given: pd.DataFrame,
        label: NDArray[Any] | None,
        classes: tuple[str, ...],
        aside: Further,
        comma_is_decimal: bool,
    ) -> tuple[pd.DataFrame, list[Column], tuple[str, ...]]:
        """The tidy table, what its columns are, and what is to be said of them and of those that are left out."""
        said: tuple[str, ...] = ()
        kinds = {name: argument for name, argument in self.kinds.items() if name not in self.aside.names}
        if self.known is None:
            check_columns(given, {argument: [name] for name, argument in kinds.items()})
            given, said = unasked_split(given, self.split, [*kinds])
            given, copies = without_copies(given, label, classes, comma_is_decimal=comma_is_decimal)
            given, more = without_copies_of(given, aside.labels, comma_is_decimal=comma_is_decimal)
            said = (*said, *copies, *more)
        asked = {name: _KINDS[argument] for name, argument in kinds.items()}
        encode = self.known and self.known.encode
        table, columns, read = features(given, asked, encode, comma_is_decimal=comma_is_decimal, path=self.path)
        if not columns:
            reason = f": {'; '.join(read)}" if read else ""
            raise UsageError(f"no feature is left in {self.path} beside label, split and drop{reason}; drop less.")
        return table, columns, (*said, *read)


def asked_kinds(given: Mapping[str, list[str] | None]) -> dict[str, str]:
    """The argument that says what a column holds, by the column's name.

    Raises:
        UsageError: If two arguments name the same column.
    """
    asked: dict[str, str] = {}
    for argument, names in given.items():
        for name in map(column_name, names or []):
            if asked.setdefault(name, argument) != argument:
                raise UsageError(f"column {name!r} is named by both `{asked[name]}` and `{argument}`; keep one.")
    return asked
