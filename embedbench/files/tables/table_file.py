"""The one door for files of columns: CSV, JSON Lines, Parquet, Arrow and Feather."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from embedbench.files.tables.columnar import read_columnar
from embedbench.files.tables.delimited import read_delimited
from embedbench.files.tables.header import numbers_note, with_clean_names
from embedbench.files.tables.json_lines import read_json_lines
from embedbench.files.tables.table_format import check_table, table_format
from embedbench.files.unicode_text import column_name


class TableFile(NamedTuple):
    """What a file of columns holds.

    Attributes:
        frame: Rows and columns, each name once; a missing cell is None, NaN or NA.
        notes: What was changed or left out, one sentence each.
        comma_is_decimal: Whether the file's own separator suggests that commas in numbers are decimal.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]
    comma_is_decimal: bool = False


def read_table(path: Path, named: Collection[str] = (), rows: int | None = None) -> TableFile:
    """A Parquet file (.parquet, .pq), Arrow or Feather (.arrow, .feather), JSON Lines (.jsonl, .ndjson), else CSV.

    Text files are UTF-8 and may be compressed (.gz, .bz2, .xz, .zip, .zst). The separator of a CSV file is a comma, a
    semicolon, a tab (always if .tsv) or a bar, as its header shows.

    Args:
        path: The file.
        named: Columns that somebody asks for by name: they are read as written, and never taken for a saved row index.
        rows: Only so many, the first ones; ``None`` reads all.

    Raises:
        UsageError: If there is no such file, it can't be read, or two columns of one name differ.
    """
    check_table(path)
    named = {column_name(name) for name in named}
    kind = table_format(path)
    said: tuple[str, ...] = ()
    comma_is_decimal = False
    if kind == "CSV":
        frame, layout = read_delimited(path, lambda name: column_name(name) in named, rows)
        comma_is_decimal = layout.separator != ","
        if layout.separator not in (",", "\t"):
            said = (f"columns are separated by {layout.separator!r}",)
        said += numbers_note(layout.names)
    else:
        frame = read_json_lines(path, rows) if kind == "JSON Lines" else read_columnar(path, kind, rows)
    frame, changed = with_clean_names(frame, named, str(path))
    return TableFile(frame, (*said, *changed), comma_is_decimal)
