"""Several labels a row: cells that list them, and arrays of 0 and 1 with a column for each label."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.labels import number_classes
from embedbench.files.names import name_of
from embedbench.files.tables.cells import by_value, is_missing, is_number, missing, to_list

Sets = NDArray[np.object_]  # tuples of names, (rows,)


def holds_lists(values: pd.Series[Any]) -> bool:
    """Whether every cell that isn't missing lists something, such as ``["a", "b"]``; texts may say so.

    >>> holds_lists(pd.Series([["a"], None, []])), holds_lists(pd.Series(["['a', 'b']"])), holds_lists(pd.Series(["a"]))
    (True, True, False)
    """
    if values.dtype.kind != "O":
        return False
    present = values[~missing(values)]
    return len(present) > 0 and all(to_list(value) is not None for value in present)


def split_texts(values: pd.Series[Any], separator: str) -> pd.Series[Any]:
    """Cells as lists of what stands between separators, without blanks around it; missing where nothing does.

    >>> split_texts(pd.Series(["b; a", ";", None]), ";").tolist()
    [['b', 'a'], None, None]
    """

    def parts(value: Any) -> list[str] | None:
        words = [] if is_missing(value) else [word.strip() for word in name_of(value).split(separator)]
        return [word for word in words if word] or None

    return pd.Series([parts(value) for value in values], values.index, dtype=object, name=values.name)


def label_sets(values: pd.Series[Any], what: str) -> Sets:
    """The names of each row's labels, each once and in order, ``(rows,)``; none of an empty list.

    Args:
        values: Cells that list labels, none missing, ``(rows,)``.
        what: They, as a refusal names them.

    Raises:
        UsageError: If a label is missing, a number with a fraction, or nothing that has a name; or if the lists are
            those of 0 and 1 with a place for each label.
    """
    cells = [to_list(value) or [] for value in values]
    flat = [label for cell in cells for label in cell]
    for label in flat:
        if is_missing(label):
            raise UsageError(f"{what} lists a label that is missing; leave it out of its list.")
        if is_number(label) and label % 1 != 0:
            raise UsageError(f"{what} lists {label!r}, and a number with a fraction names no label; name another.")
    _refuse_indicators(cells, what)
    names = iter(by_value(flat, name_of))
    found = np.empty(len(cells), object)
    for row, cell in enumerate(cells):
        found[row] = tuple(sorted({next(names) for _ in cell}))
    return found


def cells_of_sets(values: pd.Series[Any], what: str) -> Sets:
    """`label_sets` of all rows.

    Raises:
        UsageError: As there, or if a cell is missing, which an empty list isn't.
    """
    if gone := int(missing(values).sum()):
        raise UsageError(f"{what} holds {gone} missing values; drop those rows, or give empty lists for no label.")
    return label_sets(values, what)


def indicated(array: NDArray[Any], what: str) -> Sets:
    """The same of an array of 0 and 1, a column for each label, which is called by its number, ``(rows, labels)``.

    >>> indicated(np.array([[0, 1], [1, 1], [0, 0]]), "y").tolist()
    [('1',), ('0', '1'), ()]

    Raises:
        UsageError: If there is a single column, or another value.
    """
    if array.ndim != 2 or array.shape[1] < 2:
        raise UsageError(f"{what} must have shape (rows,), or (rows, labels) of 0 and 1, got {array.shape}.")
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise UsageError(f"{what} of shape {array.shape} must hold 0 and 1 alone, a column for each label; repair it.")
    found = np.empty(len(array), object)
    found[:] = [tuple(map(str, np.flatnonzero(row))) for row in array]
    return found


def set_names(sets: Iterable[Collection[str]]) -> tuple[str, ...]:
    """All names in sets, in the order of classes: as numbers if all are, else as text."""
    return number_classes(pd.Series(sorted({name for each in sets for name in each}), dtype=object))[1]


def multi_hot(sets: Collection[Collection[str]], names: Sequence[str]) -> NDArray[np.int8]:
    """1 where a row has a label, else 0, int8 ``(rows, labels)``; names that aren't known count for nothing.

    >>> multi_hot([("b",), (), ("a", "b", "z")], ["a", "b"]).tolist()
    [[0, 1], [0, 0], [1, 1]]
    """
    place = {name: number for number, name in enumerate(names)}
    hot = np.zeros((len(sets), len(names)), np.int8)
    for row, each in enumerate(sets):
        hot[row, [place[name] for name in each if name in place]] = 1
    return hot


def _refuse_indicators(cells: list[list[Any]], what: str) -> None:
    """Refuses lists of 0 and 1 that are all as long, of which one says a thing twice: they are no lists of labels."""
    widths = {len(cell) for cell in cells}
    if len(widths) != 1 or not all(is_number(label) and label in (0, 1) for cell in cells for label in cell):
        return
    if any(len({*cell}) < len(cell) for cell in cells):
        raise UsageError(f"{what} holds lists of 0 and 1, one a label; list the names of those that a row has.")
