"""Texts of one's own: a column of a CSV, JSON Lines, Parquet or Arrow file, or a folder of .txt files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedbench.arguments.hints import NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.folders import class_folders
from embedbench.data.label_numbers import Task
from embedbench.data.tables.roles import check_columns, labelled_rows, text_column
from embedbench.files.tables.header import column_name
from embedbench.files.tables.table_file import read_table
from embedbench.files.text_file import read_text


class Text(EmbeddingDataModule):
    """One text a row, with a label or without.

    Args:
        path: A Parquet file (.parquet, .pq), Arrow or Feather (.arrow, .feather), JSON Lines (.jsonl, .ndjson), else a
            CSV file, compressed or not; or a folder of texts ``CLASS/FILE.txt``, or ``train/CLASS/FILE.txt`` and
            ``test/CLASS/FILE.txt``.
        text: Column of the texts; a folder has none.
        label: Column of the label; rows without a value in it are left out. ``None``: no labels. A folder has its own.
        split: Column that says "train", "val" or "test" of each row; parts that don't occur are cut from train.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.

    Raises:
        UsageError: On first access, if the file, a column or a text can't be used; names it.
    """

    def __init__(
        self,
        path: Path,
        text: str = "text",
        label: str | None = None,
        split: str | None = None,
        task: Task = "auto",
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
    ) -> None:
        super().__init__(batch_size, num_workers, train_rows, test_rows, split_seed)
        self.path, self.text = Path(path), column_name(text)
        self.split = split if split is None else column_name(split)
        self.label = label if label is None else column_name(label)
        self.task: Task = task

    def load(self) -> Source:
        """The texts as they stand."""
        if self.path.is_dir():
            return self._folder()
        frame, said, comma_is_decimal = read_table(self.path, self.as_written(self.text, self.label, self.split))
        label, split = self.there(frame, self.label, self.split)
        check_columns(frame, {"text": [self.text], "label": [label], "split": [split]})
        bare: tuple[str, ...] = ()
        if not self.any_label:
            frame, bare = labelled_rows(frame, label)
        texts = text_column(frame[self.text], self.path, few=self.known is not None)
        numbers, classes, names = self.labelled(
            None if label is None else frame[label], self.task, comma_is_decimal=comma_is_decimal
        )
        parts, said = self.official(None if split is None else frame[split]), (*said, *bare, *names)
        return Source("text", texts, numbers, classes, None, parts, said, columns=self.beside(frame))

    def _folder(self) -> Source:
        items, ignored, said = class_folders(
            self.path, lambda path: path.suffix.lower() == ".txt", "text", classless=self.any_label
        )
        label, classes, more = self.classed([item.name for item in items])
        texts = np.array([read_text(item.path) for item in items], dtype=object)
        split = np.array([item.part for item in items])
        said += (f"{ignored} entries that are no .txt files ignored",) if ignored else ()
        columns = self.beside({"file": [str(item.path) for item in items]})
        return Source("text", texts, label, classes, None, split, (*said, *more), columns=columns)
