"""A split in a file: which row of the data, by its number or id, is in which split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.splits.row_keys import RowKeys, unique_names
from embedbench.data.tables.roles import check_columns, split_column
from embedbench.errors import UsageError
from embedbench.files.atomic import replacing
from embedbench.files.tables.table_file import read_table
from embedbench.types import Split

ENDINGS = (".csv", ".jsonl", ".parquet")
_NO_SPLIT = ""


def read_split(path: Path, keys: RowKeys, n_rows: int) -> tuple[NDArray[np.str_], tuple[str, ...]]:
    """Split of each row, ``(rows,)``, empty of those that the file leaves out; and what is to be said of these.

    Args:
        path: A table as `read_table` reads it, of columns ``split`` (train, val or test), and ``id`` where the data
            have ids, else ``row`` (numbers from 0).
        keys: What the rows are known by.
        n_rows: Number of rows.

    Raises:
        UsageError: If a column is missing, a row is there twice, or is none of the data's.
    """
    frame = read_table(path, ["row", "id", "split"]).frame
    by = "row" if keys.ids is None or "id" not in frame.columns else "id"
    check_columns(frame, {f"{path}:": ["split", by]})
    if frame.empty:
        raise UsageError(f"{path} lists no rows; give the split of some.")
    numbers = np.arange(n_rows) if keys.numbers is None else keys.numbers
    if by == "id":
        assert keys.ids is not None  # it is among the columns to go by
        known, all_known = keys.ids, keys.all_ids if keys.all_ids is not None else keys.ids
    else:
        known = numbers.astype(str).astype(object)
        all_known = np.arange(keys.n_file or n_rows).astype(str)
    found = unique_names(frame[by], str(path))
    strange = ~np.isin(found.astype(str), all_known.astype(str))
    if strange.any():
        cure = "" if by == "id" else f", whose rows are 0 to {len(all_known) - 1}"
        raise UsageError(
            f"{path} lists {strange.sum()} of {len(found)} rows by a {by} that the data don't have{cure}, such as "
            f"{found[int(strange.argmax())]!r}; give the file that belongs to these data."
        )
    listed = pd.Series(split_column(frame["split"]), index=found)
    parts = listed.reindex(known).fillna(_NO_SPLIT).to_numpy(dtype=np.str_)
    return parts, _said(path, int((parts == _NO_SPLIT).sum()), len(found) - int((parts != _NO_SPLIT).sum()), n_rows)


def split_table(rows: Mapping[Split, NDArray[np.int64]], keys: RowKeys) -> pd.DataFrame:
    """The table that `read_split` reads, of rows of the data by split, in the order of their file."""
    chosen = np.concatenate([*rows.values()])
    columns: dict[str, Any] = {"row": chosen if keys.numbers is None else keys.numbers[chosen]}
    if keys.ids is not None:
        columns["id"] = keys.ids[chosen]
    columns["split"] = np.repeat([*rows], [len(part) for part in rows.values()])
    table: pd.DataFrame = pd.DataFrame(columns).sort_values("row", ignore_index=True)
    return table


def write_split(path: Path, table: pd.DataFrame) -> None:
    """Writes such a table as CSV, JSON Lines or Parquet, all or nothing.

    Raises:
        UsageError: If it can't be written.
    """
    ending = path.suffix.lower()
    try:
        with replacing(path) as temporary:
            if ending == ".parquet":
                table.to_parquet(temporary, index=False)
            elif ending == ".jsonl":
                table.to_json(temporary, orient="records", lines=True, force_ascii=False)
            else:
                table.to_csv(temporary, index=False)
    except ImportError:
        raise UsageError("Parquet files need pyarrow; pip install pyarrow.") from None


def _said(path: Path, left_out: int, passed_over: int, n_rows: int) -> tuple[str, ...]:
    said = [f"{left_out} of {n_rows} rows are not in {path.name}: left out"] if left_out else []
    if passed_over:
        said.append(f"{passed_over} rows of {path.name} have no label: left out")
    return tuple(said)
