"""CSV and its kin: cells without types, whose separator has to be found."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.tables.csv_layout import Layout, layout_of, refusing
from embedbench.files.text_file import read_text, refuse_zero_bytes

# Floats to their last bit: pandas has to be asked for that before version 3, and warns if it is from then on.
_EXACT = {"float_precision": "round_trip"} if int(pd.__version__.partition(".")[0]) < 3 else {}


def read_delimited(path: Path, as_text: Callable[[str], bool], rows: int | None = None) -> tuple[pd.DataFrame, Layout]:
    """The rows of a file, under the header's names, of which some may be alike.

    Only an empty cell is missing. Columns of numbers alone are read as numbers, all others as they are written.

    Args:
        path: The file, UTF-8, perhaps compressed.
        as_text: Whether the column of this name is read as written whatever it holds.
        rows: Only so many, the first ones; ``None`` reads all.

    Raises:
        UsageError: If it can't be read, isn't UTF-8, holds a byte 0, or has rows longer than its header.
    """
    if rows is None:
        refuse_zero_bytes(path, "CSV")
    layout = layout_of(path)
    named = {place for place, name in enumerate(layout.names) if as_text(name)}
    frame = _read(path, layout, named, rows)
    if frame.shape[1] != len(layout.names):
        raise UsageError(f"cannot read {path} as CSV: its header names {len(layout.names)} columns; quote their names.")
    guessed = {place for place in range(frame.shape[1]) if _holds_booleans(frame.iloc[:, place])}
    if guessed:  # pandas takes true, TRUE and True for one
        written = _read(path, layout, named | guessed, rows)
        for place in guessed:
            frame.isetitem(place, written.iloc[:, place].to_numpy())
    frame.columns = pd.Index(layout.names, dtype=object)
    return frame, layout


def _read(path: Path, layout: Layout, as_text: set[int], rows: int | None) -> pd.DataFrame:
    """One column whose lines are cells, blank or not; several, of which a blank line is no row."""
    how: dict[str, Any] = {"sep": layout.separator, "keep_default_na": False, "na_values": [""], "low_memory": False}
    how |= {"skipinitialspace": layout.blanks, **_EXACT}
    single = len(layout.names) == 1
    content = read_text(path, "CSV").strip("\r\n") if single else ""  # blank lines at either end are none
    how["skip_blank_lines"] = not single
    whole = path.absolute()  # pandas would take http:a.csv for an address
    with refusing(path):
        unique = pd.read_csv(io.StringIO(content) if single else whole, nrows=0, **how).columns
        types = {unique[p]: str for p in as_text if p < len(unique)}
        frame: pd.DataFrame = pd.read_csv(io.StringIO(content) if single else whole, dtype=types, nrows=rows, **how)
    return frame


def _holds_booleans(column: pd.Series[Any]) -> bool:
    return bool(
        column.dtype.kind == "b" or (column.dtype.kind == "O" and any(isinstance(value, bool) for value in column))
    )
