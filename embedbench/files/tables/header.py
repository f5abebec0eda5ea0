"""Names of columns: trimmed, each once, and none of a saved row index."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.tables.cells import missing, to_float
from embedbench.files.unicode_text import column_name

_NAMELESS = re.compile(r"|Unnamed: \d+(\.\d+)*(_level_\d+)?|__index_level_\d+__")
_USUAL = {"index", "level_0"}


def with_clean_names(frame: pd.DataFrame, named: Collection[str], source: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A table whose columns have one name each, and what was changed, one sentence each.

    A column that stands twice with the same values is there once. A saved row index is left out: a column without a
    name that holds different whole numbers, or one called index or level_0 that holds 0 to n - 1, or 1 to n.

    Args:
        frame: ``(rows, columns)``.
        named: Columns that somebody asked for by name, which are never left out.
        source: Where the table is from, as a refusal names it.

    Raises:
        UsageError: If two columns of one name differ.
    """
    given = ["" if name is None else str(name) for name in frame.columns]
    names = [column_name(name) for name in given]
    trimmed = sum(name != old for name, old in zip(names, given, strict=True))
    said = [f"{trimmed} column names read without blanks around them, in composed Unicode (NFC)"] if trimmed else []
    keep: dict[str, int] = {}
    for place, name in enumerate(names):
        shown = name or f"Unnamed: {place}"
        values = frame.iloc[:, place]
        if shown not in named and is_row_index(name, values):
            said.append(f"column {shown!r} counts the rows: a saved row index, left out")
        elif shown not in keep:
            keep[shown] = place
        elif _same(values, frame.iloc[:, keep[shown]]):
            said.append(f"column {shown!r} stands twice with the same values: read once")
        else:
            raise UsageError(f"column {shown!r} stands twice in {source}, with different values; rename one of them.")
    chosen = frame.iloc[:, list(keep.values())].copy(deep=False)
    chosen.columns = pd.Index(list(keep), dtype=object)
    return chosen, tuple(said)


def numbers_note(names: Sequence[str]) -> tuple[str, ...]:
    """That a header may be a row of data: half of it, two or more, are numbers that don't rise, as years would.

    >>> len(numbers_note(["5.1", "3.5", "setosa"])), len(numbers_note(["2020", "2021", "y"]))
    (1, 0)
    """
    found = [(name, number) for name in names if (number := to_float(name)) is not None]
    rising = all(one < other for (_, one), (_, other) in pairwise(found))
    if len(found) < max(2, len(names) / 2) or rising:
        return ()
    first, second = (repr(name) for name, _ in found[:2])
    return (
        f"the first line is read as names of columns, though {first} and {second} may be data; if so, put a line of "
        "names before it",
    )


def is_row_index(name: str, values: pd.Series[Any]) -> bool:
    """Whether a column is a saved row index, by its name and values."""
    nameless = bool(_NAMELESS.fullmatch(name))
    if not (nameless or name.lower() in _USUAL) or missing(values).any() or not len(values):
        return False
    found = [to_float(value) for value in values]
    numbers = np.array([np.nan if number is None else number for number in found], np.float64)
    ordered = np.sort(numbers)
    if nameless:
        return bool((numbers % 1 == 0).all() and (np.diff(ordered) > 0).all())
    count = np.arange(len(ordered))
    return bool((ordered == count).all() or (ordered == count + 1).all())


def _same(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    """Whether two columns say the same in each row, whatever their types."""
    gone = missing(one)
    there = [str(value) for value in one[~gone]] == [str(value) for value in other[~gone]]
    return bool((gone == missing(other)).all() and there)
