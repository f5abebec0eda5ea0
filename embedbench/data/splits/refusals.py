"""Ways to split rows that can't be had, said in one sentence each."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.data.splits.stratified import Rows
from embedbench.errors import UsageError
from embedbench.types import SPLITS

_LEAST = 2  # classes in a split, without which there is nothing to tell apart


def check_together(groups: bool, times: bool, folds: bool, classes: bool) -> None:
    """Refuses two ways to split that contradict each other.

    Raises:
        UsageError: Names both.
    """
    asked = {"split_by": groups, "split_after": times, "disjoint_classes": classes}
    ways = [name for name, is_asked in asked.items() if is_asked]
    if len(ways) > 1:
        raise UsageError(f"`{ways[0]}` and `{ways[1]}` divide the rows in different ways; give one of them.")
    if times and folds:
        raise UsageError("`split_after` has one order of rows, which `folds` would break; leave one of them out.")


def check_official(official: NDArray[np.str_], groups: Rows | None, times: NDArray[Any] | None) -> None:
    """Refuses parts that the data come with, if they part groups or train on later rows than they test.

    Raises:
        UsageError: Says how many groups are parted, or which part is too early.
    """
    if groups is not None:
        inside = np.isin(official, SPLITS)
        pairs = np.unique(
            np.column_stack([groups[inside], np.unique(official[inside], return_inverse=True)[1]]), axis=0
        )
        parted = int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())
        if parted:
            raise UsageError(
                f"{parted} groups of `split_by` have rows in several of the given splits; leave the given splits out, "
                "or mend them."
            )
    if times is not None:
        found = [(part, times[official == part]) for part in SPLITS if (official == part).any()]
        for (before, early), (after, late) in pairwise(found):
            if early.max() >= late.min():
                raise UsageError(
                    f"the given splits contradict `split_after`: a {before} row is as late as the first {after} row; "
                    "leave the given splits out, or mend them."
                )


def check_folds(n_test: int, n_alone: int, folds: int, *, grouped: bool) -> None:
    """Refuses folds of rows that have a test split, and more folds than rows, or groups, can fill.

    Raises:
        UsageError: Says how many there are.
    """
    if n_test:
        raise UsageError(
            f"the data have a test split of {n_test} rows, in whose place `folds` would test others; leave one out."
        )
    if n_alone < max(folds, 3):  # two beside the test fold: one to train on, one to validate
        what = "groups" if grouped else "rows"
        raise UsageError(f"`folds` must be at most the {n_alone} {what} there are, and these at least 3, got {folds}.")


def check_classes(n_classes: int, folds: int, *, has_classes: bool) -> None:
    """Refuses disjoint classes of which train or test would have less than two.

    Raises:
        UsageError: Says how many there are and how many it takes.
    """
    if not has_classes:
        raise UsageError("`disjoint_classes` needs a label that is classes, one a row; name one by `label`.")
    if n_classes < _LEAST * folds:
        raise UsageError(
            f"`disjoint_classes` needs at least {_LEAST * folds} classes, {_LEAST} of them in each of {folds} parts, "
            f"got {n_classes}."
        )
