"""Which rows train, validate and test: stratified, seeded, and independent of the training seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.types import Split

TEST_SHARE = 0.2
VAL_SHARE = 0.1

Rows = NDArray[np.int64]


def split_rows(
    official: NDArray[np.str_],
    classes: NDArray[np.int64] | None,
    seed: int,
    train_rows: int | None = None,
    test_rows: int | None = None,
) -> dict[Split, Rows]:
    """Sorted row numbers of each split; disjoint, and together all rows unless a subset is asked.

    Missing test rows are cut from train (20 %), then ``train_rows`` and ``test_rows`` thin out their part, then missing
    validation rows are cut from train (10 %). Each of these draws has its own random stream, so that asking for fewer
    test rows leaves train and validation as they were.

    Args:
        official: Part that each row belongs to ("train", "val" or "test"), ``(rows,)``.
        classes: Class numbers to stratify by, ``(rows,)``; ``None`` draws plainly at random.
        seed: Seed of all draws.
        train_rows: Rows to keep of the train part, validation included if that is cut from it; ``None`` keeps all.
        test_rows: Rows to keep of the test part; ``None`` keeps all.

    Raises:
        UsageError: If more rows are asked than there are, or too few are there to be cut.
    """
    train, val, test = (np.flatnonzero(official == part) for part in ("train", "val", "test"))
    if not len(test):
        train, test = _cut(train, classes, TEST_SHARE, np.random.default_rng([seed, 0]), "test")
    train = _thin(train, classes, train_rows, np.random.default_rng([seed, 1]), "train")
    test = _thin(test, classes, test_rows, np.random.default_rng([seed, 2]), "test")
    if not len(val):
        train, val = _cut(train, classes, VAL_SHARE, np.random.default_rng([seed, 3]), "val")
    return {"train": train, "val": val, "test": test}


def stratified_sample(classes: NDArray[np.int64] | None, rows: int, n: int, rng: np.random.Generator) -> Rows:
    """``n`` of ``rows`` row numbers without replacement, sorted; each class in proportion, by largest remainder.

    Ties between remainders are broken at random.
    """
    if classes is None:
        return np.sort(rng.choice(rows, n, replace=False))
    _, member, counts = np.unique(classes, return_inverse=True, return_counts=True)
    ideal = n * counts / rows
    take = np.floor(ideal).astype(np.int64)
    order = np.lexsort((rng.permutation(len(counts)), take - ideal))
    take[order[: n - take.sum()]] += 1
    drawn = [rng.choice(np.flatnonzero(member == c), k, replace=False) for c, k in enumerate(take)]
    return np.sort(np.concatenate(drawn))


def _cut(
    rows: Rows, classes: NDArray[np.int64] | None, share: float, rng: np.random.Generator, part: Split
) -> tuple[Rows, Rows]:
    """What stays and what is cut, at least one row; the only row of a class always stays."""
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


def _thin(rows: Rows, classes: NDArray[np.int64] | None, n: int | None, rng: np.random.Generator, part: Split) -> Rows:
    """A stratified subset of ``n`` rows, or all of them."""
    if n is None:
        return rows
    if n > len(rows):
        raise UsageError(f"`{part}_rows` must be in [1, {len(rows)}] for these data, got {n}; ask for fewer rows.")
    return rows[stratified_sample(None if classes is None else classes[rows], len(rows), n, rng)]
