"""Columns of a table that have a role: label, split and text, and what is wrong with them in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.labels.label_numbers import has_label
from embedbench.errors import UsageError, unknown
from embedbench.files.names import name_of, split_name
from embedbench.files.tables.cells import missing, to_float
from embedbench.files.unicode_text import checked_text
from embedbench.types import SPLITS


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


def labelled_rows(
    frame: pd.DataFrame, label: str | None, separator: str | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows that have a value in the label's column (all of them without such a column), and what is to be said.

    Args:
        frame: ``(rows, columns)``.
        label: Name of the column.
        separator: That splits texts of several labels each.
    """
    if label is None:
        return frame, ()
    there, said = has_label(frame[label], separator)
    return frame[there], said


def checked_separator(separator: str | None, label: str | None) -> str | None:
    """The same separator of labels, unless it splits nothing.

    Raises:
        UsageError: If it is empty, or no column of labels is named.
    """
    if separator == "":
        raise UsageError("`label_separator` must be what stands between labels, such as ';', got an empty text.")
    if separator is not None and label is None:
        raise UsageError("`label_separator` splits the cells of the label; name its column by `label`, too.")
    return separator


def split_column(column: pd.Series[Any]) -> NDArray[np.str_]:
    """The split of each row; "validation" and "dev" are val, and case doesn't matter (`split_name`).

    Raises:
        UsageError: If there are other words than train, val and test, or no train rows.
    """
    gone = missing(column)
    words = np.array(
        ["nan" if none else split_name(name_of(value)) for value, none in zip(column, gone, strict=True)], np.str_
    )
    others = sorted(set(words.tolist()) - set(SPLITS))
    if others:
        raise UsageError(f"split column {column.name!r} must hold train, val or test, got {', '.join(others[:5])}.")
    if not (words == "train").any():
        raise UsageError(f"split column {column.name!r} marks no row as train; mark at least a few.")
    return words


def looks_like_split(name: str, values: pd.Series[Any]) -> bool:
    """Whether a column that nobody named is called split, or part, and says train, val or test of each row."""
    if name.lower() not in ("split", "part", "partition", "subset"):
        return False
    words = {*map(split_name, {*map(str, values)})}
    return "train" in words and words <= set(SPLITS) and len(words) > 1


def unasked_split(frame: pd.DataFrame, split: str | None, named: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The columns without those that say the split of each row though nobody asked for it, and what is to be said.

    Args:
        frame: ``(rows, columns)``.
        split: The column that was asked for.
        named: Columns that somebody named as features.
    """
    found = [str(name) for name, values in frame.items() if name not in named and looks_like_split(str(name), values)]
    how = "" if split else f"; --data.split {found[0]} uses it" if found else ""
    said = tuple(f"column {name!r} says train, val or test of each row: left out{how}" for name in found)
    return frame.drop(columns=found), said


def text_column(column: pd.Series[Any], source: Path | str, *, few: bool = False) -> NDArray[Any]:
    """A column as strings, as written; a missing one is an empty text.

    Args:
        column: One value a row, ``(rows,)``.
        source: Where it comes from, as a refusal names it.
        few: Whether the rows may be any few of a column that is known to hold texts: all may be empty, and a single one
            may be a number.

    Raises:
        UsageError: If a value is no string, holds half of a character, if all are numbers, or all are empty.
    """
    texts = np.full(len(column), "", dtype=object)
    gone = column.isna()
    one = few and (~gone).sum() == 1
    numbers = not one and all(to_float(value) is not None for value in column[~gone])
    for row, (value, none) in enumerate(zip(column, gone, strict=True)):
        if none:
            continue
        if numbers or not isinstance(value, str):
            shown = str(value) if numbers else repr(value)
            raise UsageError(f"column {column.name!r} of {source} must hold texts, got {shown}; name another.")
        try:
            texts[row] = checked_text(value)
        except UsageError as error:
            raise UsageError(f"column {column.name!r} of {source}, row {row}: {error}") from None
    if not few and not any(text.strip() for text in texts):
        raise UsageError(f"column {column.name!r} of {source} holds no text at all; name another.")
    return texts
