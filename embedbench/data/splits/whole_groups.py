"""Deals whole groups of rows to parts of stated shares, each class in proportion as far as the groups allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embedbench.data.splits.stratified import Classes, Rows


def deal_groups(groups: Rows, classes: Classes | None, shares: Sequence[float], rng: np.random.Generator) -> Rows:
    """Part of each row, from 0, ``(rows,)``; the rows of a group are in one part, and no part is empty.

    Groups are dealt one after the other, those of more rows first (by powers of two, at random among alike ones), each
    to the part where the sum of ``(rows there - rows wanted)² / rows wanted``, over the parts, of all rows and of each
    class, grows least. With equal shares these are the folds of a stratified k-fold of groups.

    Args:
        groups: Group numbers ``(rows,)``, at least as many groups as parts.
        classes: Class numbers to stratify by, ``(rows,)``; ``None``: rows alone count.
        shares: Of the rows, that each part is to have; they sum to 1.
        rng: Breaks ties.
    """
    _, member = np.unique(groups, return_inverse=True)
    sizes = np.bincount(member)
    of_group = _class_counts(member, classes)
    wanted = np.asarray(shares)[:, None] * np.append(_totals(of_group), len(member))  # (parts, classes + 1)
    there = np.zeros(wanted.shape)
    order = np.lexsort((rng.permutation(len(sizes)), -np.floor(np.log2(sizes))))
    part = np.empty(len(sizes), np.int64)
    for group in order.tolist():
        kinds, counts = of_group[group]
        kinds, counts = np.append(kinds, wanted.shape[1] - 1), np.append(counts, sizes[group])
        growth = ((2 * there[:, kinds] + counts) * counts / wanted[:, kinds]).sum(axis=1)
        part[group] = growth.argmin()
        there[part[group], kinds] += counts
    _fill(part, sizes, len(shares))
    return part[member]


def _class_counts(member: Rows, classes: Classes | None) -> list[tuple[Rows, Rows]]:
    """Classes of each group and how many rows it has of them."""
    n_groups = int(member.max()) + 1
    if classes is None:
        return [(np.empty(0, np.int64), np.empty(0, np.int64))] * n_groups
    _, kind = np.unique(classes, return_inverse=True)
    width = int(kind.max()) + 1
    pair, counts = np.unique(member * width + kind, return_counts=True)
    cuts = np.searchsorted(pair // width, np.arange(1, n_groups))
    return list(zip(np.split(pair % width, cuts), np.split(counts, cuts), strict=True))


def _totals(of_group: list[tuple[Rows, Rows]]) -> NDArray[np.float64]:
    """Rows of each class."""
    kinds, counts = (np.concatenate(column) for column in zip(*of_group, strict=True))
    return np.bincount(kinds, counts).astype(np.float64)[: len(counts)]


def _fill(part: Rows, sizes: Rows, parts: int) -> None:
    """Gives a part without groups the smallest one of the part that has the most."""
    for empty in np.setdiff1d(np.arange(parts), part).tolist():
        fullest = np.bincount(part, minlength=parts).argmax()
        mine = np.flatnonzero(part == fullest)
        part[mine[sizes[mine].argmin()]] = empty
