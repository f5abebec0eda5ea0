"""JSON Lines: one object a line, one row each."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.tables.cells import EXACT
from embedbench.files.text_file import opened, read_text
from embedbench.files.unicode_text import checked_text


def read_json_lines(path: Path, count: int | None = None) -> pd.DataFrame:
    """The objects of a file as rows; whole numbers stay exact beside gaps, and mixed columns keep each value as it is.

    Args:
        path: The file, UTF-8, perhaps compressed.
        count: Only so many lines, the first ones; ``None`` reads all.

    Raises:
        UsageError: If a line is no object, or holds a key twice or half of a character; names the line.
    """
    rows = []
    for number, line in enumerate(_lines(path, count), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_object)
            if "\\u" in line:
                checked_text(json.dumps(row, ensure_ascii=False))
        except UsageError as error:
            raise UsageError(f"{path}, line {number}: {error}") from None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}: {_ended(error)}; write one JSON object a line.") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}: got {type(row).__name__}; write one JSON object a line.")
        rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: column_of([row.get(name) for row in rows]) for name in names}
    frame: pd.DataFrame = pd.DataFrame(columns, index=range(len(rows)))
    return frame


def _lines(path: Path, count: int | None) -> Iterator[str]:
    if count is None:
        yield from read_text(path, "JSON Lines").split("\n")
        return
    with opened(path, "JSON Lines") as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="\n")  # kept until the file is closed
        yield from islice(text, count)


def column_of(values: Sequence[Any]) -> Any:
    """A column of the narrowest type that holds each value as it is."""
    column: Any = pd.Series(values, dtype=object)
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if kinds == {bool} and len(present) == len(values):
        return column.astype(np.bool_)
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in present):
        return column.astype("int64" if len(present) == len(values) else "Int64")
    if kinds == {float} or (kinds == {int, float} and all(type(v) is float or abs(v) <= EXACT for v in present)):
        return column.astype(np.float64)
    return column


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"the key {twice!r} stands twice; keep one.")
    return found


def _ended(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
