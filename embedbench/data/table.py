"""Any table in a CSV, JSON Lines or Parquet file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.columns import encode_columns, features, notes
from embedbench.data.frames import check_columns, labelled_rows, read_frame
from embedbench.data.labels import Task
from embedbench.errors import UsageError


class Table(EmbeddingDataModule):
    """Rows of a table; every column but the label, the split and the dropped ones is a feature.

    Numeric columns are standardised, others become 0/1 columns; missing values are filled and reported in ``notes``.

    Args:
        path: A Parquet file (.parquet, .pq), JSON Lines (.jsonl, .ndjson), else a CSV file (tabs as separator if .tsv),
            compressed or not.
        label: Column of the label; rows without a value in it are left out. ``None``: no labels.
        split: Column that says "train", "val" or "test" of each row; parts that don't occur are cut from train.
        drop: Columns to leave out.
        categorical: Columns of numbers that are categories.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.

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
        batch_size: int = 128,
        num_workers: int = 0,
        train_rows: int | None = None,
        test_rows: int | None = None,
        split_seed: int = 0,
    ) -> None:
        super().__init__(batch_size, num_workers, train_rows, test_rows, split_seed)
        self.path = Path(path)
        self.label = label
        self.split = split
        self.drop = drop or []
        self.categorical = categorical or []
        self.task: Task = task

    def load(self) -> Source:
        """The table with its columns told apart, not yet filled nor encoded."""
        frame = read_frame(self.path)
        label, split, *drop = self.there(frame, self.label, self.split, *self.drop)
        check_columns(frame, {"label": [label], "split": [split], "drop": drop})
        frame, said = (frame, []) if self.any_label else labelled_rows(frame, label)
        if frame.empty:
            raise UsageError(f"{self.path} holds no {'labelled ' if label else ''}rows; give at least a few.")
        given = frame[[name for name in frame.columns if name not in {label, split, *self.drop}]]
        if self.known is None:
            check_columns(frame, {"categorical": [*self.categorical]})
        table, columns, read = features(given, self.categorical, self.known and self.known.encode)
        if not columns:
            raise UsageError(f"no feature is left in {self.path} beside label, split and drop; drop less.")
        numbers, classes, more = self.labelled(None if label is None else frame[label], self.task)
        return Source(
            "tabular",
            table,
            numbers,
            classes,
            partial(encode_columns, columns=columns),
            self.official(None if split is None else frame[split]),
            (*said, *read, *notes(table, columns), *more),
            columns=self.beside(frame),
        )
