"""Columns that give the label away, because they say nothing but it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.cells import missing
from embedbench.files.labels import as_numbers
from embedbench.files.names import name_of


def without_copies(
    features: pd.DataFrame, label: NDArray[Any] | None, classes: tuple[str, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The features without those that repeat the label in every row, and what is to be said, one sentence each.

    One that tells the classes apart exactly by a value each, but under other names, stays and is said.

    Args:
        features: ``(rows, columns)``.
        label: Class numbers or a real target, ``(rows,)``, or ``None``.
        classes: Their names; none of a real target.

    Raises:
        UsageError: If no other feature is left.
    """
    if label is None or len(np.unique(label)) < 2:
        return features, ()
    copies, said = [], []
    for name, values in features.items():
        if missing(values).any():
            continue
        if _repeats(values, label, classes):
            copies.append(name)
            said.append(f"column {name!r} repeats the label in every row: left out")
        elif classes and _renames(values, label, len(classes)):
            said.append(
                f"column {name!r} has one value for each class and gives the label away; drop it, unless it is known "
                "before the label"
            )
    if copies and len(copies) == features.shape[1]:
        raise UsageError(
            f"no feature is left beside {', '.join(map(repr, copies))}, which repeats the label; give others."
        )
    return features.drop(columns=copies), tuple(said)


def _repeats(values: pd.Series[Any], label: NDArray[Any], classes: tuple[str, ...]) -> bool:
    if not classes:
        numbers = as_numbers(values)
        return numbers is not None and np.array_equal(numbers, label)
    plain = (str, bytes, bool, np.bool_, int, float, np.number)
    rows = zip(values, label, strict=True)
    return all(isinstance(value, plain) and name_of(value) == classes[number] for value, number in rows)


def _renames(values: pd.Series[Any], label: NDArray[Any], classes: int) -> bool:
    """Whether values and classes stand for each other one to one, of classes with several rows."""
    try:
        codes, kinds = pd.factorize(values)
    except TypeError:  # lists aren't hashable, nor names of classes
        return False
    together = len(np.unique(np.stack([codes, label]), axis=1).T)
    return len(kinds) == classes == together and classes <= len(label) / 2
