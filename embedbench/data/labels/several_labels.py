"""A column of several labels a row -> 0 and 1 for each row and label, their names, and what is to be said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.label_sets import holds_lists, label_sets, multi_hot, set_names, split_texts
from embedbench.files.names import renamed, some_of
from embedbench.files.tables.cells import missing, to_float
from embedbench.types import Split

NO_LABELS = -1  # throughout a row without a label
_NAMED = 3  # labels in a note, at most
_LOOKED, _FEWEST = 1_000, 20  # texts that are looked at for a separator, at most and at least
_LETTERS, _WORDS = 30, 3  # of a label, at most
_EACH = 3  # cells that a label stands in, in the mean
Hot = NDArray[np.int8]


def are_several(values: pd.Series[Any], separator: str | None) -> bool:
    """Whether cells hold several labels each: they are lists, or texts that a separator splits."""
    return separator is not None or holds_lists(values)


def without_any(values: pd.Series[Any], separator: str | None) -> NDArray[np.bool_]:
    """Which cells are missing, or hold nothing but separators, ``(rows,)``; an empty list isn't missing."""
    return missing(_lists(values, separator))


def separator_of(values: pd.Series[Any]) -> str | None:
    """What seems to stand between several labels in a cell: ``;``, ``|`` or a comma; ``None`` if nothing does.

    It splits more than half of 20 texts or more, not all into as many parts, and these are short names, no numbers,
    each in 3 cells in the mean. Looked at are 1,000 texts at most.

    Args:
        values: ``(rows,)``.
    """
    if values.dtype.kind != "O":
        return None
    texts = [value for value in islice(values[~missing(values)], _LOOKED) if isinstance(value, str)]
    for sign in ";|," if len(texts) >= _FEWEST else "":
        cells = [[word.strip() for word in text.split(sign) if word.strip()] for text in texts]
        if sum(len(cell) > 1 for cell in cells) <= len(cells) / 2 or len({*map(len, cells)}) < 2:
            continue
        names = Counter(name for cell in cells for name in cell)
        short = all(len(name) <= _LETTERS and len(name.split()) <= _WORDS for name in names)
        if short and names.total() >= _EACH * len(names) and any(to_float(name) is None for name in names):
            return sign
    return None


def separator_hint(values: pd.Series[Any]) -> tuple[str, ...]:
    """Says that a label of single texts seems to be several labels a row."""
    sign = separator_of(values)
    how = f"--data.label_separator {sign!r}"
    return () if sign is None else (f"the label's cells look like several labels each: {how} takes them apart",)


def encode_sets(values: pd.Series[Any], separator: str | None) -> tuple[Hot, tuple[str, ...], tuple[str, ...]]:
    """Which labels each row has, the names of all, and what is to be said of how they are called.

    Args:
        values: Lists or texts, none missing, ``(rows,)``.
        separator: That splits texts.

    Returns:
        int8 ``(rows, labels)`` of 0 and 1; the names, sorted as classes are; notes, one sentence each.

    Raises:
        UsageError: If a label can't be one, there is none at all, or no text holds the separator.
    """
    if separator is not None and not holds_lists(values) and not any(separator in str(value) for value in values):
        raise UsageError(f"no cell of the label holds {separator!r}; give the `label_separator` that splits its cells.")
    cells = _lists(values, separator)
    sets = label_sets(cells, "the label")
    names = set_names(sets)
    if not names:
        raise UsageError("no row has any label, for all lists are empty; give some, or leave the label out.")
    single = pd.Series([label for cell in cells if isinstance(cell, list) for label in cell], dtype=object)
    return multi_hot(sets, names), names, renamed(single, "label")


def known_sets(values: pd.Series[Any], classes: Sequence[str], separator: str | None) -> tuple[Hot, tuple[str, ...]]:
    """Which of the labels of a finished run rows have, -1 throughout where a cell is missing, and what is to be said.

    Args:
        values: Lists, or texts, perhaps missing, ``(rows,)``.
        classes: Names of the run's labels.
        separator: That splits texts.
    """
    cells = _lists(values, separator)
    if not holds_lists(cells):  # a text is a label
        cells = pd.Series([None if gone else [value] for gone, value in zip(missing(cells), cells, strict=True)])
    there = ~missing(cells)
    hot = np.full((len(cells), len(classes)), NO_LABELS, np.int8)
    sets = label_sets(cells[there], "the label")
    hot[there] = multi_hot(sets, classes)
    strange = [name for name in set_names(sets) if name not in set(classes)]
    if not strange:
        return hot, ()
    rows = sum(not set(classes).issuperset(each) for each in sets)
    shown = some_of([*map(repr, strange)], _NAMED)
    return hot, (f"{rows} rows have labels that the run doesn't know, which count for nothing: {shown}",)


def set_notes(hot: Hot, names: Sequence[str], rows: Mapping[Split, NDArray[np.int64]]) -> list[str]:
    """What is to be said of labels that are rare: that have no train row, or a single row in all.

    Args:
        hot: ``(rows, labels)``.
        names: Of the labels.
        rows: Numbers of the rows of each split.

    Raises:
        UsageError: If no label tells train rows apart.
    """
    train, count = hot[rows["train"]], hot.sum(axis=0, dtype=np.int64)
    if (train == train[0]).all():
        shown = (
            some_of([repr(name) for name, has in zip(names, train[0].tolist(), strict=True) if has], _NAMED) or "none"
        )
        raise UsageError(f"the train rows all have the same labels, {shown}; give rows of others, or no label.")
    absent = [name for name, has in zip(names, train.max(axis=0).tolist(), strict=True) if not has]
    single = [name for name, times in zip(names, count.tolist(), strict=True) if times == 1]
    said = [
        (absent, "no train row, so that no model learns it", "no train row, so that no model learns them"),
        (single, "a single row", "a single row"),
    ]
    return [
        f"label {found[0]!r} has {of_one}"
        if len(found) == 1
        else f"{len(found)} labels have {of_more}: {some_of([*map(repr, found)], _NAMED)}"
        for found, of_one, of_more in said
        if found
    ]


def _lists(values: pd.Series[Any], separator: str | None) -> pd.Series[Any]:
    """Cells that are lists as they are, others split."""
    return values if separator is None or holds_lists(values) else split_texts(values, separator)
