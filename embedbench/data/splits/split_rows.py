"""Which rows train, validate and test: seeded, and independent of the training seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.data.splits.refusals import check_classes, check_folds, check_official, check_together
from embedbench.data.splits.stratified import Classes, Rows, stratified_folds, stratified_sample
from embedbench.data.splits.time_order import latest
from embedbench.data.splits.whole_groups import deal_groups
from embedbench.errors import UsageError
from embedbench.types import Split

TEST_SHARE = 0.2
VAL_SHARE = 0.1


class How(NamedTuple):
    """What decides which rows are cut.

    Attributes:
        groups: Group of each row, by number, ``(rows,)``: all rows of one are in one split. ``None``: rows are alone.
        times: When each row was, numbers or datetime64, ``(rows,)``: val is later than train, and test than val.
        folds: Number of test folds; ``None``: a single cut.
        fold: The one that is tested, from 1.
        disjoint_classes: Whether test has classes that train and val don't have.
    """

    groups: Rows | None = None
    times: NDArray[Any] | None = None
    folds: int | None = None
    fold: int = 1
    disjoint_classes: bool = False


def split_rows(
    official: NDArray[np.str_],
    classes: Classes | None,
    seed: int,
    train_rows: int | None = None,
    test_rows: int | None = None,
    how: How = How(),  # noqa: B008  # it can't be changed
) -> dict[Split, Rows]:
    """Sorted row numbers of each split; disjoint, and together all rows unless a subset is asked.

    Missing test rows are cut from train (20 %), then ``train_rows`` and ``test_rows`` thin out their part, then missing
    validation rows are cut from train (10 %). Each of these draws has its own random stream, so that asking for fewer
    test rows leaves train and validation as they were.

    A cut is stratified by class; of whole groups (`deal_groups`) or of the latest rows (`latest`) where ``how`` asks
    for it. Folds part the train rows, and one is the test split. Of disjoint classes half are drawn for test, or a
    fold of them; rows of an official test split that have other classes are in no split, nor are train rows of these.

    Args:
        official: Part that each row belongs to ("train", "val" or "test", else none), ``(rows,)``.
        classes: Class numbers to stratify by, ``(rows,)``; ``None`` draws plainly at random.
        seed: Seed of all draws.
        train_rows: Rows to keep of the train part, validation included if that is cut from it; ``None`` keeps all.
        test_rows: Rows to keep of the test part; ``None`` keeps all.
        how: What decides which rows are cut.

    Raises:
        UsageError: If more rows are asked than there are, or too few are there to be cut; if two ways to cut are
            asked that contradict each other, or the parts that are given contradict one.
    """
    check_together(how.groups is not None, how.times is not None, how.folds is not None, how.disjoint_classes)
    check_official(official, how.groups, how.times)
    train, val, test = (np.flatnonzero(official == part) for part in ("train", "val", "test"))
    streams = [np.random.default_rng([seed, stream]) for stream in range(4)]
    if how.disjoint_classes:
        unseen = _unseen(classes, how, streams[0])
        test = (test if len(test) else train)[unseen[test if len(test) else train]]
        train, val = train[~unseen[train]], val[~unseen[val]]
    elif how.folds is not None:
        train, test = _fold(train, test, classes, how, streams[0])
    elif not len(test):
        train, test = _cut(train, classes, TEST_SHARE, streams[0], "test", how)
    train = _thin(train, classes, train_rows, streams[1], "train")
    test = _thin(test, classes, test_rows, streams[2], "test")
    if not len(val):
        train, val = _cut(train, classes, VAL_SHARE, streams[3], "val", how)
    return {"train": train, "val": val, "test": test}


def _unseen(classes: Classes | None, how: How, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows have a class of the test split, ``(rows,)``."""
    found, member = np.unique([] if classes is None else classes, return_inverse=True)
    folds = how.folds or 2
    check_classes(len(found), folds, has_classes=classes is not None)
    fold = stratified_folds(None, len(found), folds, rng)
    tested = fold == (how.fold - 1 if how.folds else 1)  # of an odd number, train has one more
    return np.asarray(tested[member])


def _fold(train: Rows, test: Rows, classes: Classes | None, how: How, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """What stays, and the fold that is tested."""
    folds = how.folds or 2
    given = None if classes is None else classes[train]
    alone = len(train) if how.groups is None else len(np.unique(how.groups[train]))
    check_folds(len(test), alone, folds, grouped=how.groups is not None)
    if how.groups is None:
        fold = stratified_folds(given, len(train), folds, rng)
    else:
        fold = deal_groups(how.groups[train], given, [1 / folds] * folds, rng)
    return train[fold != how.fold - 1], train[fold == how.fold - 1]


def _cut(
    rows: Rows, classes: Classes | None, share: float, rng: np.random.Generator, part: Split, how: How
) -> tuple[Rows, Rows]:
    """What stays and what is cut, at least one row."""
    if how.times is not None:
        gone = latest(how.times[rows], share, part)
    elif how.groups is not None:
        n_groups = len(np.unique(how.groups[rows]))
        if n_groups < 2:
            raise UsageError(
                f"`split_by` leaves {n_groups} group to cut {part} rows from train, and a group is never parted; name "
                "a column of 3 groups or more."
            )
        given = None if classes is None else classes[rows]
        gone = deal_groups(how.groups[rows], given, [1 - share, share], rng) == 1
    else:
        return _cut_rows(rows, classes, share, rng, part)
    return rows[~gone], rows[gone]


def _cut_rows(
    rows: Rows, classes: Classes | None, share: float, rng: np.random.Generator, part: Split
) -> tuple[Rows, Rows]:
    """What stays and what is cut, row by row; the only row of a class always stays."""
    may_go = rows
    if classes is not None:
        _, member, counts = np.unique(classes[rows], return_inverse=True, return_counts=True)
        may_go = rows[counts[member] > 1]
    if len(may_go) < 2:
        reason = f"only {len(rows)} rows are left" if classes is None else "every class has a single row"
        raise UsageError(f"no {part} rows can be cut from train because {reason}; give more rows.")
    n = max(1, int(share * len(may_go) + 0.5))
    gone = may_go[stratified_sample(None if classes is None else classes[may_go], len(may_go), n, rng)]
    return np.setdiff1d(rows, gone), gone


def _thin(rows: Rows, classes: Classes | None, n: int | None, rng: np.random.Generator, part: Split) -> Rows:
    """A stratified subset of ``n`` rows, or all of them."""
    if n is None:
        return rows
    if n > len(rows):
        raise UsageError(f"`{part}_rows` must be in [1, {len(rows)}] for these data, got {n}; ask for fewer rows.")
    return rows[stratified_sample(None if classes is None else classes[rows], len(rows), n, rng)]
