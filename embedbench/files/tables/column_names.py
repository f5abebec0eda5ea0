"""What the columns of a table are called, without reading it all, nor importing what would."""

from __future__ import annotations

import json
from pathlib import Path

from embedbench.files.tables.csv_layout import layout_of
from embedbench.files.tables.table_format import check_table, table_format
from embedbench.files.text_file import opened
from embedbench.files.unicode_text import checked_text, column_name

_LINES = 1_000  # in which keys of JSON Lines are sought first


def column_names(path: Path) -> list[str]:
    """The names of a table's columns as they are found by; of JSON Lines in its first 1,000 lines, of AnnData in obs.

    Raises:
        UsageError: If there is no such file, or it can't be read.
    """
    if path.suffix.lower() == ".h5ad" and path.is_file():
        from embedbench.files.tables.h5ad import obs_columns

        return obs_columns(path)
    check_table(path)
    kind = table_format(path)
    if kind in ("Parquet", "Arrow"):
        from embedbench.files.tables.columnar import columnar_size

        given = columnar_size(path, kind)[1]
    elif kind == "CSV":
        given = layout_of(path).names
    else:
        given = json_keys(path, _LINES)
    return [column_name(name) or f"Unnamed: {place}" for place, name in enumerate(given)]


def json_keys(path: Path, count: int | None = None) -> list[str]:
    """The keys of the objects of a JSON Lines file, in the order of their first line.

    Args:
        path: The file.
        count: Lines to look at; ``None`` looks at all.
    """
    keys: dict[str, None] = {}
    with opened(path, "JSON Lines") as file:
        for number, line in enumerate(file):
            if count is not None and number >= count:
                break
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except ValueError:  # which the reader of all rows refuses, with the line
                continue
            keys |= dict.fromkeys(map(checked_text, row)) if isinstance(row, dict) else {}
    return list(keys)
