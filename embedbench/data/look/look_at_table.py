"""A table at a glance: what each column is and becomes, by the rules that tables are read by."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from embedbench.data.labels.several_labels import separator_of
from embedbench.data.look.see_column import see_column
from embedbench.data.look.seen import Look, Seen
from embedbench.data.tables.left_out import is_id_name
from embedbench.data.tables.roles import looks_like_split
from embedbench.errors import UsageError
from embedbench.files.tables.dates import day_to_seconds
from embedbench.files.tables.extent import row_count
from embedbench.files.tables.table_file import read_table

_ROWS = 5_000  # looked at, at most
_CELLS = 200_000
_FEWEST = 200
_WHOLE = 1 << 16  # bytes of a file of which the width needs no guess
_LABELS = ("label", "target", "class", "y", "outcome", "category", "species", "diagnosis")
_CLASSES = ("category", "ordinal", "boolean")
_MOST_CLASSES = 50
_FEWEST_DAYS = 5  # one of 27 whole numbers from 19000101 to 20991231 writes a day
_GROUPS = (10, 2.0, 50.0)  # groups at least, and rows of each, at least and at most


def look_at_table(path: Path, named: Collection[str] = ()) -> Look:
    """What a table holds, by its first rows if it is large.

    Raises:
        UsageError: If it can't be read, or holds no rows.
    """
    frame, said, comma_is_decimal = read_table(path, named, _rows_to_read(path))
    if frame.empty:
        raise UsageError(f"{path} holds no rows; give at least a few.")
    rows = row_count(path)
    if rows is not None and len(frame) < _rows_to_read(path):
        rows = len(frame)  # all were read: lines within quotes are no rows
    columns = tuple(see_column(str(name), values, comma_is_decimal, path.parent) for name, values in frame.items())
    split = next((c.name for c in columns if looks_like_split(c.name, frame[c.name])), None)
    columns = tuple(dataclasses.replace(c, becomes="left out") if c.name == split else c for c in columns)
    free = [column for column in columns if column.name not in {*named, split}]
    several = _several(frame, free)
    label = _label(free, len(frame), several)
    text = _text(frame, free, label)
    return Look(
        path,
        "table" if text is None else "text",
        "table" if text is None else "text",
        {"path": str(path)} | ({} if text is None else {"text": text}),
        rows,
        len(frame),
        columns if text is None else tuple(_as_text(column, text) for column in columns),
        _repeated(frame),
        label,
        label in several,
        several.get(str(label)),
        _group(free, len(frame), label),
        split,
        tuple(one.name for one in free if one.kind in ("number", "id") and _writes_days(frame[one.name])),
        notes=said,
    )


def _rows_to_read(path: Path) -> int:
    """As many as hold so many cells, by the widest guess that the first rows allow."""
    if path.stat().st_size <= _WHOLE:
        return _ROWS
    width = read_table(path, rows=20).frame.shape[1]
    return max(_FEWEST, min(_ROWS, _CELLS // max(1, width)))


def _repeated(frame: pd.DataFrame) -> int:
    """Rows that are equal to an earlier one; of lists, by what they say."""
    plain = {name: values.astype(str) if values.dtype.kind == "O" else values for name, values in frame.items()}
    return int(pd.DataFrame(plain).duplicated().sum())


def _several(frame: pd.DataFrame, columns: Sequence[Seen]) -> dict[str, str | None]:
    """The columns that seem to hold several labels a row, and what stands between them in a cell of text."""
    found: dict[str, str | None] = {one.name: None for one in columns if one.kind == "labels"}
    texts = [one.name for one in columns if one.kind in ("category", "id", "text")]
    return found | {name: sign for name in texts if (sign := separator_of(frame[name])) is not None}


def _label(columns: Sequence[Seen], rows: int, several: Mapping[str, str | None]) -> str | None:
    """A column that is called as labels are, else of several labels a row, else the last, if it has few values.

    Args:
        columns: That may be it.
        rows: Looked at.
        several: Columns of several labels a row.
    """
    names = {one.name.lower() for one in columns}
    labels = [name for name in _LABELS if name != "y" or "x" not in names]  # which are coordinates
    kinds = ("number", *_CLASSES)
    called = [one for one in columns if one.name.lower() in labels and (one.kind in kinds or one.name in several)]
    last = [one for one in columns[-1:] if one.kind in _CLASSES or _is_code(one)]
    fit = [one for one in last if one.distinct is not None and 2 <= one.distinct <= min(_MOST_CLASSES, rows // 3)]
    return next(iter([*(one.name for one in called), *several, *(one.name for one in fit)]), None)


def _writes_days(values: pd.Series[Any]) -> bool:
    """Whether all of a column's whole numbers write days, and enough of them that this can't be chance."""
    if not pd.api.types.is_numeric_dtype(values.dtype):
        return False
    numbers = values.dropna().astype(np.float64).unique().tolist()
    return len(numbers) >= _FEWEST_DAYS and all(day_to_seconds(number) is not None for number in numbers)


def _is_code(column: Seen) -> bool:
    return column.kind == "number" and column.distinct is not None and column.distinct <= 10


def _group(columns: Sequence[Seen], rows: int, label: str | None) -> str | None:
    """A column of names, or of numbers that are called as ids are, whose values stand in several rows each."""
    fewest, least, most = _GROUPS
    for one in columns:
        names = one.kind == "category" or (one.kind == "number" and (is_id_name(one.name) or _is_subject(one.name)))
        many = names and one.name != label and one.distinct is not None and one.distinct >= fewest
        if many and least <= (rows - one.missing) / (one.distinct or 1) <= most:
            return one.name
    return None


def _is_subject(name: str) -> bool:
    return name.lower() in ("patient", "subject", "person", "user", "customer", "group", "session", "writer", "speaker")


def _text(frame: pd.DataFrame, columns: Sequence[Seen], label: str | None) -> str | None:
    """The column of the longest texts, if nothing else is to be embedded but dates, and perhaps what may be a label."""
    texts = [one.name for one in columns if one.kind == "text" and one.name != label]
    others = [one for one in columns if one.becomes != "left out" and one.kind != "date" and one.name != label]
    if not texts or len(others) > (label is None):
        return None
    return max(texts, key=lambda name: float(np.mean([len(str(text)) for text in _present(frame[name])])))


def _present(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.dropna()


def _as_text(column: Seen, text: str) -> Seen:
    """A column of data of which only the texts are embedded."""
    return dataclasses.replace(column, becomes="embedded" if column.name == text else "not embedded")
