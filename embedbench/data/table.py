"""Any CSV or Parquet table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.columns import encode_columns, notes, tidy
from embedbench.data.labels import Task, encode_label
from embedbench.errors import UsageError, unknown
from embedbench.types import SPLITS


class Table(EmbeddingDataModule):
    """Rows of a table; every column but the label, the split and the dropped ones is a feature.

    Numeric columns are standardised, others become 0/1 columns; missing values are filled and reported in ``notes``.

    Args:
        path: A Parquet file (.parquet, .pq), else a CSV file (tabs as separator if .tsv), compressed or not.
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
        frame = _read(self.path)
        self._check_names(frame)
        said = []
        if self.label is not None:
            bare = int(frame[self.label].isna().sum())
            frame = frame.dropna(subset=[self.label])
            said = [f"{bare} rows without a label left out"] if bare else []
        if frame.empty:
            raise UsageError(f"{self.path} holds no {'labelled ' if self.label else ''}rows; give at least a few.")
        aside = {self.label, self.split, *self.drop}
        table = tidy(frame[[name for name in frame.columns if name not in aside]], self.categorical)
        if not table.columns.size:
            raise UsageError(f"no feature is left in {self.path} beside label, split and drop; drop less.")
        label, classes = (None, ()) if self.label is None else encode_label(frame[self.label], self.task)
        split = None if self.split is None else _parts(frame[self.split])
        return Source("tabular", table, label, classes, encode_columns, split, (*said, *notes(table)))

    def _check_names(self, frame: pd.DataFrame) -> None:
        asked: dict[str, list[str | None]] = {
            "label": [self.label],
            "split": [self.split],
            "drop": [*self.drop],
            "categorical": [*self.categorical],
        }
        for argument, columns in asked.items():
            for name in columns:
                if name is not None and name not in frame.columns:
                    raise unknown(f"{argument} column", name, list(frame.columns))


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}; give the path of a CSV or Parquet file.")
    try:
        if path.suffix in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep="\t" if ".tsv" in path.suffixes else ",", low_memory=False)
    except ImportError:
        raise UsageError("Parquet files need pyarrow; pip install embedbench[files].") from None
    except (ValueError, OSError) as error:  # pandas' and pyarrow's parser errors are ValueErrors
        kind = "Parquet" if path.suffix in (".parquet", ".pq") else "CSV"
        raise UsageError(f"cannot read {path} as {kind}: {' '.join(str(error).split())}.") from None
    frame.columns = frame.columns.map(str)
    return frame


def _parts(column: pd.Series[Any]) -> NDArray[np.str_]:
    """The split of each row; refuses other words and a table without train rows."""
    others = sorted({str(value) for value in column.unique()} - set(SPLITS))
    if others:
        raise UsageError(f"split column {column.name!r} must hold train, val or test, got {', '.join(others[:5])}.")
    if not (column == "train").any():
        raise UsageError(f"split column {column.name!r} marks no row as train; mark at least a few.")
    return column.to_numpy(dtype=np.str_)
