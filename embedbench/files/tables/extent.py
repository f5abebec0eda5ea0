"""How large a table is, without reading it all."""

from __future__ import annotations

from pathlib import Path

from embedbench.files import compressed
from embedbench.files.tables.columnar import columnar_size
from embedbench.files.tables.table_format import table_format

_BLOCK = 1 << 22
_COUNTED = 1 << 30  # bytes of which lines are counted


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
