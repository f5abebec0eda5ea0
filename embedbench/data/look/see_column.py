"""A column at a glance: its kind, what becomes of it, and what shows that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from embedbench.data.look.seen import Seen
from embedbench.data.tables.cycles import varying_cycles
from embedbench.data.tables.kinds import MOST_CATEGORIES, as_feature, tidy
from embedbench.data.tables.left_out import words_of
from embedbench.data.tables.recognised import Recognised, recognise_column
from embedbench.errors import UsageError
from embedbench.files.tables.cells import missing, to_list
from embedbench.files.tables.dates import DAY

_NAMED = 3
_LONGEST = 24  # characters of a value that is shown


def see_column(name: str, values: pd.Series[Any], comma_is_decimal: bool, folder: Path) -> Seen:
    """What a column of a table is, by the rules that it is read by.

    Args:
        name: Of it.
        values: ``(rows,)``.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
        folder: Of the file.
    """
    gone = int(missing(values).sum())
    present = values[~missing(values)]
    distinct = _distinct(present)
    try:
        found = recognise_column(name, values, comma_is_decimal=comma_is_decimal, folder=folder)
        column = as_feature(name, found)
        if column is None:
            return Seen(name, found.kind, gone, distinct, "left out", _SAYS[found.kind](present))
        table = tidy(pd.DataFrame({name: values}), [column])
    except UsageError as error:
        reason = str(error).removeprefix(f"column {name!r} ")
        return Seen(name, "unusable", gone, distinct, "refused", reason)
    said = [note.removeprefix(f"column {name!r}").removeprefix(":").strip() for note in found.notes]
    why = "; ".join([_SAYS[found.kind](table if found.kind in ("number", "date") else present), *said])
    return Seen(name, found.kind, gone, distinct, _becomes(found, table, gone), why)


def _distinct(present: pd.Series[Any]) -> int | None:
    try:
        return int(present.nunique())
    except TypeError:  # of lists
        return None


def _becomes(found: Recognised, table: pd.DataFrame, gone: int) -> str:
    if found.kind == "vector":
        return _count(found.length)
    values = table.iloc[:, 0]
    if found.kind == "date":
        return _count(1 + 2 * len(varying_cycles(values)))
    if found.kind in ("number", "ordinal"):
        return _count(1)
    width = min(MOST_CATEGORIES, int(values.nunique()) + bool(gone))
    return f"{width} 0/1 column{'s' if width > 1 else ''}"


def _count(numbers: int) -> str:
    return f"{numbers} number{'s' if numbers > 1 else ''}"


def _range(table: pd.DataFrame) -> str:
    values = table.iloc[:, 0]
    return f"{values.min():.6g} to {values.max():.6g}"


def _days(table: pd.DataFrame) -> str:
    ends = table.iloc[:, 0].min(), table.iloc[:, 0].max()
    texts = [str(np.datetime64(int(end), "s")).replace("T", " ").removesuffix(":00") for end in ends]
    if ends[0] >= 0 and ends[1] < DAY:  # times without a day
        return " to ".join(text.removeprefix("1970-01-01 ") for text in texts)
    texts = [text.removesuffix(" 00:00") for text in texts]
    return f"{texts[0]} to {texts[1]}"


def _most_common(present: pd.Series[Any]) -> str:
    counts = present.astype(str).value_counts()
    shown = [f"{_short(text)} {count}" for text, count in counts[:_NAMED].items()]
    return ", ".join(shown) + (", …" if len(counts) > _NAMED else "")


def _most_listed(present: pd.Series[Any]) -> str:
    return f"lists of names: {_most_common(pd.Series([name for cell in present for name in to_list(cell) or []]))}"


def _example(present: pd.Series[Any]) -> str:
    return f"(nearly) each row has its own, such as {_short(present.iloc[0])}"


def _texts(present: pd.Series[Any]) -> str:
    words = float(np.median([words_of(str(text)) for text in present]))
    return f"about {words:.0f} words each, such as {_short(present.iloc[0])}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_SAYS: dict[str, Callable[[Any], str]] = {
    "number": _range,
    "date": _days,
    "category": _most_common,
    "boolean": _most_common,
    "ordinal": _most_common,
    "vector": lambda present: "lists of numbers of one length",
    "id": _example,
    "text": _texts,
    "labels": _most_listed,
    "image path": lambda present: f"images that are there, such as {_short(present.iloc[0])}",
    "constant": lambda present: f"{_short(present.iloc[0])} in each row",
    "empty": lambda present: "no value at all",
}
