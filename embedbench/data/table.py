"""Any table in a CSV, JSON Lines or Parquet file."""

from __future__ import annotations

from pathlib import Path

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.columns import encode_columns, notes
from embedbench.data.frames import check_columns, labelled_rows, read_frame, split_column
from embedbench.data.kinds import recognise, tidy
from embedbench.data.labels import Task, encode_label
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
        asked: dict[str, list[str | None]] = {"label": [self.label], "split": [self.split], "drop": [*self.drop]}
        check_columns(frame, {**asked, "categorical": [*self.categorical]})
        frame, said = labelled_rows(frame, self.label)
        if frame.empty:
            raise UsageError(f"{self.path} holds no {'labelled ' if self.label else ''}rows; give at least a few.")
        aside = {self.label, self.split, *self.drop}
        columns, read = recognise(frame[[name for name in frame.columns if name not in aside]], self.categorical)
        table = tidy(frame, columns)
        if not columns:
            raise UsageError(f"no feature is left in {self.path} beside label, split and drop; drop less.")
        label, classes = (None, ()) if self.label is None else encode_label(frame[self.label], self.task)
        split = None if self.split is None else split_column(frame[self.split])
        return Source("tabular", table, label, classes, encode_columns, split, (*said, *read, *notes(table, columns)))
