"""Files of columns: CSV, JSON Lines and Parquet, and what is wrong with them in one sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.io.common import get_handle

from embedbench.errors import UsageError, unknown
from embedbench.types import SPLITS

_KINDS = {".parquet": "Parquet", ".pq": "Parquet", ".jsonl": "JSON Lines", ".ndjson": "JSON Lines"}


def read_frame(path: Path) -> pd.DataFrame:
    """A Parquet file (.parquet, .pq), JSON Lines (.jsonl, .ndjson), else a CSV file (tabs as separator if .tsv).

    Text files are UTF-8 and may be compressed (.gz, .bz2, .xz, .zip, .zst), as pandas reads them.

    Raises:
        UsageError: If there is no such file or it can't be read; names the line of a byte that is no UTF-8.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}; give the path of a CSV, JSON Lines or Parquet file.")
    kind = next((_KINDS[suffix] for suffix in path.suffixes[-2:] if suffix in _KINDS), "CSV")
    try:
        if kind == "Parquet":
            frame = pd.read_parquet(path)
        elif kind == "JSON Lines":
            frame = _json_lines(path)
        else:
            separator = "\t" if ".tsv" in path.suffixes else ","
            frame = pd.read_csv(path, sep=separator, low_memory=False)
    except ImportError:
        raise UsageError("Parquet files need pyarrow; pip install embedbench[files].") from None
    except UsageError:
        raise
    except UnicodeDecodeError:
        read_text(path, kind)  # says which line
        raise
    except (ValueError, OSError) as error:  # pandas' and pyarrow's parser errors are ValueErrors
        raise UsageError(f"cannot read {path} as {kind}: {' '.join(str(error).split())}.") from None
    frame.columns = frame.columns.map(str)
    return frame


def read_text(path: Path, kind: str = "text") -> str:
    """A text file, perhaps compressed.

    Raises:
        UsageError: If it isn't UTF-8; names the line.
    """
    with get_handle(path, "rb", compression="infer", is_text=False) as opened:
        content: bytes = opened.handle.read()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        where = f"cannot read {path} as {kind}: in line {line}"
        raise UsageError(f"{where} the byte {byte:#04x} is not UTF-8; save the file as UTF-8.") from None


def check_columns(frame: pd.DataFrame, asked: Mapping[str, Sequence[str | None]]) -> None:
    """Refuses column names that aren't in a table.

    Args:
        frame: The table.
        asked: Names by the argument that gives them.

    Raises:
        UsageError: If there is one; the nearest is named.
    """
    for argument, columns in asked.items():
        for name in columns:
            if name is not None and name not in frame.columns:
                raise unknown(f"{argument} column", name, list(frame.columns))


def labelled_rows(frame: pd.DataFrame, label: str | None) -> tuple[pd.DataFrame, list[str]]:
    """The rows that have a value in the label's column (all of them without such a column), and how many have none."""
    if label is None:
        return frame, []
    bare = int(frame[label].isna().sum())
    return frame.dropna(subset=[label]), [f"{bare} rows without a label left out"] if bare else []


def split_column(column: pd.Series[Any]) -> NDArray[np.str_]:
    """The split of each row.

    Raises:
        UsageError: If there are other words than train, val and test, or no train rows.
    """
    others = sorted({str(value) for value in column.unique()} - set(SPLITS))
    if others:
        raise UsageError(f"split column {column.name!r} must hold train, val or test, got {', '.join(others[:5])}.")
    if not (column == "train").any():
        raise UsageError(f"split column {column.name!r} marks no row as train; mark at least a few.")
    return column.to_numpy(dtype=np.str_)


def text_column(column: pd.Series[Any], source: Path | str) -> NDArray[Any]:
    """A column as strings; a missing one is an empty text.

    Args:
        column: One value a row, ``(rows,)``.
        source: Where it comes from, as a refusal names it.

    Raises:
        UsageError: If a value is no string, or none has a letter.
    """
    strange = [value for value in column if not isinstance(value, str) and not pd.isna(value)]
    if strange:
        raise UsageError(f"column {column.name!r} of {source} must hold texts, got {strange[0]!r}; name another.")
    texts = column.astype(object).fillna("").to_numpy()
    if not any(text.strip() for text in texts):
        raise UsageError(f"column {column.name!r} of {source} holds no text at all; name another.")
    return texts


def _json_lines(path: Path) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(read_text(path, "JSON Lines").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}; write one JSON object a line.") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}: got {type(row).__name__}; write one JSON object a line.")
        rows.append(row)
    frame: pd.DataFrame = pd.DataFrame(rows)
    return frame
