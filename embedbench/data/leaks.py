"""What in the rows of a data set may give the label away: notes, with counts and cures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.files.names import some_of
from embedbench.types import Split, Target

_NUMBERS = 1_000_000  # looked at for columns that predict the label
_ROWS = (200, 4_000)  # fewest and most rows for that
_FEWEST = 30  # rows in which an order is no chance
_PURE = 0.98  # of what chance leaves to be explained
_MOST = 0.5  # of the rows, which share values that are to tell their class
_FEWEST_CHANGES = 10  # of class that a random order has, for fewer to say anything
_CLASSES = 3  # over which a label is spread: of two, one column tells both
_BLOCK = 10_000  # rows hashed at a time
_PRIME = 1_000_003  # so that a row's hash knows the order of its columns
_SPARE = 1.5  # times as many numbers as rows at most: rows without a label are left out before
_NAMED = 5  # columns named at most


def leaks(
    x: NDArray[Any] | pd.DataFrame,
    label: NDArray[Any] | None,
    rows: Mapping[Split, NDArray[np.int64]],
    *,
    table: bool,
    target: Target,
) -> list[str]:
    """One sentence for each kind that the raw rows show.

    - Columns of a table that predict the label almost perfectly: of train rows (4,000 at most, in random order), sorted
      by the column, next ones differ in class at most 2 % as often as in a random order, beyond one change a class;
      or, where most train rows share their value with another, rows of one value do. A real target is, by its ranks,
      the mean of its neighbours' in that order with an R² above 0.98.
    - If none does: columns that each tell one class from all others in this way, if three classes or more are told by
      them, as by one-hot columns of the label.
    - Of several labels a row: columns in whose order having one of the labels changes as rarely as that.
    - Columns that are an index or an id: whole numbers that rise from row to row or that number the rows in any order,
      of which a third may be gone, and texts that are all different.
    - Rows of val and test that also are in train, in every value.

    Args:
        x: All rows: a table, or an array ``(rows, *shape)``, of texts ``(rows,)``.
        label: Class numbers or a real target, ``(rows,)``, or several labels a row, ``(rows, labels)``, if there are
            any.
        rows: Numbers of the rows of each split.
        table: Whether ``x`` has columns that mean something each.
        target: Kind of label.
    """
    found = [*_predictive(x, label, rows["train"], target), *_numbering(x)] if table else []
    return [*found, *_copies(x, rows)]


def _predictive(
    x: NDArray[Any] | pd.DataFrame, label: NDArray[Any] | None, train: NDArray[np.int64], target: Target
) -> list[str]:
    most = max(_ROWS[0], min(_ROWS[1], _NUMBERS // x.shape[1]))
    chosen = np.random.default_rng(0).permutation(train)[
        :most
    ]  # at random, or equal values would keep the file's order
    if label is None or len(chosen) < _FEWEST:
        return []
    classes, what = target == "classes", "class" if target == "classes" else "target"
    some = x.iloc[chosen] if isinstance(x, pd.DataFrame) else x[chosen]
    columns, known = [(name, _codes(values)) for name, values in _columns(some)], label[chosen]
    if target == "multilabel":
        return _said(
            [name for name, values in columns if _tells_one(values, known)],
            f"alone predicts one of the labels of {len(chosen)} train rows almost perfectly, as a 0/1 column of that "
            "label does; leave {it} out unless known before the labels are",
        )
    if classes:
        whole = zip(columns, _columns(x), strict=True)
        alone = [name for (name, values), (_, every) in whole if _tells(values, known, every, train)]
    else:
        alone = [name for name, values in columns if _rank_r2(values, known) > _PURE]
    if alone or not classes:
        return _said(
            alone,
            f"alone predicts the {what} of {len(chosen)} train rows almost perfectly, as a copy of the label does; "
            f"leave {{it}} out unless known before the {what} is",
        )
    spread = _spread(columns, known)
    return _said(
        spread,
        f"tells one class from the others almost perfectly, together all classes of {len(chosen)} train rows, as a "
        "label in one-hot columns does; leave {it} out unless known before the class is",
    )


def _spread(columns: list[tuple[str, NDArray[Any]]], label: NDArray[np.int64]) -> list[str]:
    """Columns that each tell a class, if all but one of three or more that are frequent enough are told; else none."""
    shares = np.bincount(label) / len(label)
    expected = 2 * shares * (1 - shares) * (len(label) - 1) - 1  # changes between a class and the rest, beyond one
    frequent = expected >= _FEWEST_CHANGES
    if frequent.sum() < _CLASSES or shares[frequent].sum() < _PURE:
        return []
    told, names = np.zeros(len(shares), bool), []
    for name, values in columns:
        ordered = label[np.argsort(values, kind="stable")]
        change = ordered[1:] != ordered[:-1]
        ends = np.concatenate([ordered[1:][change], ordered[:-1][change]])
        saved = 1 - (np.bincount(ends, minlength=len(shares)) - 1) / np.where(frequent, expected, 1)
        tells = frequent & (saved > _PURE)
        if tells.any():
            told |= tells
            names.append(name)
    return names if told[frequent].sum() >= frequent.sum() - 1 else []  # the last class is where no other is


def _tells(values: NDArray[Any], label: NDArray[np.int64], every: NDArray[Any], train: NDArray[np.int64]) -> bool:
    """Whether a column's order saves nearly all of chance's class changes, or equal values that most rows share do.

    Args:
        values: Of the rows that are looked at, ``(rows,)``.
        label: Their class numbers, ``(rows,)``.
        every: The column's values in all rows, ``(all rows,)``.
        train: Numbers of all train rows, which share more values than those that are looked at.
    """
    order = np.argsort(values, kind="stable")
    changes, equal = np.diff(label[order]) != 0, np.diff(values[order]) == 0
    shares = np.unique(label, return_counts=True)[1] / len(label)
    chance = 1 - float(np.square(shares).sum())
    least = len(shares) - 1
    if _saved(int(changes.sum()) - least, chance * len(changes) - least) > _PURE:
        return True
    by_value = _saved(int((changes & equal).sum()), chance * int(equal.sum()))
    return by_value > _PURE and _shared(every[train]) >= _MOST


def _tells_one(values: NDArray[Any], hot: NDArray[np.int8]) -> bool:
    """Whether a column's order saves nearly all of chance's changes of having one of the labels ``(rows, labels)``."""
    share = hot.mean(axis=0)
    expected = 2 * share * (1 - share) * (len(hot) - 1) - 1  # beyond one, which any order has
    frequent = expected >= _FEWEST_CHANGES
    ordered = hot[np.argsort(values, kind="stable")][:, frequent]
    changes = (ordered[1:] != ordered[:-1]).sum(axis=0) - 1
    return bool((1 - changes / expected[frequent] > _PURE).any())


def _shared(values: NDArray[Any]) -> float:
    """Share of rows whose value another row has; missing ones differ from all."""
    column = pd.Series(values)
    return float((column.duplicated(keep=False) & column.notna()).mean())


def _saved(changes: int, expected: float) -> float:
    return 1 - changes / expected if expected >= _FEWEST_CHANGES else 0.0


def _rank_r2(values: NDArray[Any], label: NDArray[Any]) -> float:
    """R² of the ranks of a real label by the mean of both neighbours' in the order of a column."""
    ranks = np.argsort(np.argsort(label, kind="stable"), kind="stable").astype(np.float64)
    sorted_ranks = ranks[np.argsort(values, kind="stable")]
    error = sorted_ranks[1:-1] - (sorted_ranks[:-2] + sorted_ranks[2:]) / 2
    return 1 - float(np.square(error).mean() / ranks.var())


def _numbering(x: NDArray[Any] | pd.DataFrame) -> list[str]:
    if len(x) < _FEWEST:
        return []
    names = [name for name, values in _columns(x) if _is_numbering(values)]
    return _said(names, f"numbers the {len(x)} rows or names each one, as an index or id does; leave {{it}} out")


def _is_numbering(values: NDArray[Any]) -> bool:
    if values.dtype.kind == "O":
        return not pd.isna(values).any() and len(set(values)) == len(values)
    numbers = values.astype(np.float64)
    dense = len(numbers) - 1 <= float(np.ptp(numbers)) < _SPARE * len(numbers)
    if (abs(numbers[-1] - numbers[0]) < len(numbers) - 1 and not dense) or not (numbers == np.round(numbers)).all():
        return False  # what spans too little can't rise by whole numbers: most columns end here
    steps = np.diff(numbers)
    return bool((steps > 0).all() or (steps < 0).all()) or (dense and len(np.unique(numbers)) == len(numbers))


def _copies(x: NDArray[Any] | pd.DataFrame, rows: Mapping[Split, NDArray[np.int64]]) -> list[str]:
    hashes = _hashes(x)
    known, parts = np.unique(hashes[rows["train"]]), []
    for split in ("val", "test"):
        count, total = int(np.isin(hashes[rows[split]], known).sum()), len(rows[split])
        if count:
            parts.append(f"{count} of {total} {split} rows ({_percent(count, total)} %)")
    cure = "leave copies out before the rows are split, or what is scored was learned by heart"
    return [f"{' and '.join(parts)} are exact copies of train rows; {cure}"] if parts else []


def _percent(count: int, total: int) -> str:
    """Two digits, and 100 for all rows alone."""
    percent = 100 * count / total
    return f"{percent:.2g}" if percent < 99.5 else "100" if count == total else "over 99"


def _hashes(x: NDArray[Any] | pd.DataFrame) -> NDArray[np.int64]:
    """64 bits of each row's content, ``(rows,)``."""
    if isinstance(x, pd.DataFrame):
        mixed = np.zeros(len(x), np.uint64)
        for _, column in x.items():
            values = column.to_numpy()
            mixed = mixed * np.uint64(_PRIME) + pd.util.hash_array(values + 0.0 if values.dtype.kind == "f" else values)
        return mixed.view(np.int64)
    if x.ndim == 1:
        return np.array([hash(str(text)) for text in x], np.int64)
    found = []
    for start in range(0, len(x), _BLOCK):
        block = x[start : start + _BLOCK]
        block = np.ascontiguousarray(block + 0.0 if block.dtype.kind == "f" else block)  # 0 and −0 are equal
        found += [hash(row.tobytes()) for row in block]
    return np.array(found, np.int64)


def _columns(x: NDArray[Any] | pd.DataFrame) -> list[tuple[str, NDArray[Any]]]:
    if isinstance(x, pd.DataFrame):
        return [(repr(name), column.to_numpy()) for name, column in x.items()]
    return [(str(number), column) for number, column in enumerate(x.T)]


def _codes(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers as they are, texts by their place in the alphabet; missing ones differ from all."""
    if values.dtype.kind != "O":
        return values.astype(np.float64)
    codes, _ = pd.factorize(values, sort=True)
    return np.where(codes < 0, np.nan, codes)


def _said(names: list[str], what: str) -> list[str]:
    """One sentence for some columns."""
    if not names:
        return []
    plural = len(names) > 1
    who = f"{'each of columns' if plural else 'column'} {some_of(names, _NAMED)}"
    return [f"{who} {what.format(it='them' if plural else 'it')}"]
