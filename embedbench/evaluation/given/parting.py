"""Parts vectors with labels into a gallery and the rows to score, classes numbered alike in both."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.rows import Rows
from embedbench.files.label_sets import multi_hot, set_names
from embedbench.files.vector_reader import Vectors

_QUERY_SHARE = 0.2


def as_rows(parts: Mapping[str, Vectors]) -> dict[str, Rows]:
    """Checked rows of each split, classes and labels numbered alike in all by the order of their names.

    Raises:
        UsageError: If vectors or labels can't be scored.
    """
    labels = {split: part.label for split, part in parts.items() if part.label is not None}
    if any(label.dtype.kind == "O" for label in labels.values()):
        return _of_sets(parts, labels)
    if any(label.dtype.kind == "f" for label in labels.values()):
        return {split: Rows(part.z, labels.get(split)) for split, part in parts.items()}
    labels = _comparable(labels)
    names = np.unique(np.concatenate([*labels.values()])) if labels else np.empty(0)
    number = {split: np.searchsorted(names, label) for split, label in labels.items()}
    said = [str(name) for name in names]
    return {split: Rows(part.z, number.get(split), classes=said) for split, part in parts.items()}


def _of_sets(parts: Mapping[str, Vectors], labels: Mapping[str, NDArray[Any]]) -> dict[str, Rows]:
    """The same of several labels a row."""
    if any(label.dtype.kind != "O" for label in labels.values()):
        raise UsageError("gallery and query labels differ: in one of them rows have several each; give both one kind.")
    names = set_names(chain.from_iterable(labels.values()))
    if not names:
        raise UsageError("no row has any label, for all lists are empty; give some, or no labels.")
    hot = {split: multi_hot(label, names) for split, label in labels.items()}
    return {split: Rows(part.z, hot.get(split), classes=names) for split, part in parts.items()}


def cut_rows(vectors: Vectors, seed: int) -> dict[str, Rows]:
    """A fifth of each class as "test", the rest as "train"; both in the order of the rows.

    Raises:
        UsageError: If there is nothing to score then.
    """
    whole = as_rows({"all": vectors})["all"]
    classes = whole.known if whole.target == "classes" else np.zeros(len(whole), np.int64)
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(np.flatnonzero(classes == name)) for name in np.unique(classes)]
    test = np.concatenate([rows[: int(len(rows) * _QUERY_SHARE + 0.5)] for rows in shuffled])
    if len(test) == 0:
        raise UsageError(
            f"{len(whole)} rows have no class of 3 or more to score a part of; add rows or give a gallery."
        )
    train = np.setdiff1d(np.arange(len(whole)), test)
    return {"train": pick_rows(whole, train), "test": pick_rows(whole, np.sort(test))}


def pick_rows(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    """Rows of these numbers, which they keep as their index."""
    run = len(chosen) > 0 and chosen[-1] - chosen[0] == len(chosen) - 1  # rows that follow each other aren't copied
    z = rows.z[chosen[0] : chosen[-1] + 1] if run else rows.z[chosen]
    return Rows(z, None if rows.label is None else rows.label[chosen], chosen, classes=rows.classes)


def _comparable(labels: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Classes of all splits in one type that changes none: int64 where it holds them, else names."""
    if len({label.dtype.kind for label in labels.values()}) == 1:
        return labels
    most = np.iinfo(np.int64).max
    whole = all(label.dtype.kind in "iu" and label.max(initial=0) <= most for label in labels.values())
    return {split: label.astype(np.int64 if whole else str) for split, label in labels.items()}
