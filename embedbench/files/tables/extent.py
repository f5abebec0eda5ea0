"""How large a table is and what its columns are called, without reading it all."""

from __future__ import annotations

import json
from pathlib import Path

from embedbench.errors import UsageError
from embedbench.files import compressed
from embedbench.files.names import checked_text
from embedbench.files.tables import h5ad
from embedbench.files.tables.columnar import columnar_size
from embedbench.files.tables.delimited import layout_of
from embedbench.files.tables.header import column_name
from embedbench.files.tables.table_file import table_format
from embedbench.files.text_file import opened

_BLOCK = 1 << 22
_COUNTED = 1 << 30  # bytes of which lines are counted
_LINES = 1_000  # in which keys of JSON Lines are sought first


def row_count(path: Path) -> int | None:
    """Rows of a table, of a text file its lines but the header's; ``None`` if to count them takes long.

    Raises:
        UsageError: If the file can't be read.
    """
    kind = table_format(path)
    if kind in ("Parquet", "Arrow"):
        return columnar_size(path, kind)[0]
    if path.suffix.lower() in compressed.ENDINGS or path.stat().st_size > _COUNTED:
        return None
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            lines += block.count(b"\n")
            last = block[-1:]
    return max(0, lines + (last != b"\n") - (kind == "CSV"))


def column_names(path: Path) -> list[str]:
    """The names that columns of a table are found by: of JSON Lines in its first 1,000 lines, of AnnData in obs.

    Raises:
        UsageError: If there is no such file, or it can't be read.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}; give the path of a CSV, JSON Lines, Parquet or Arrow file.")
    if path.suffix.lower() == h5ad.ENDING:
        return h5ad.obs_columns(path)
    kind = table_format(path)
    if kind in ("Parquet", "Arrow"):
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
