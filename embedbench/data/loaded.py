"""From all rows of a data set to its three splits, encoded, and what a model must know of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedbench.data import checks
from embedbench.data.prepare import Fit
from embedbench.data.sliced import SlicedDataset
from embedbench.data.split import split_rows
from embedbench.data.targets import mean_and_sd
from embedbench.data.texts import TextRows
from embedbench.types import SPLITS, DataSpec, Modality, Split, Target


class Source(NamedTuple):
    """All rows of a data set, raw and not yet split.

    Attributes:
        modality: Kind of input.
        x: All rows: an array ``(rows, *shape)``, or a table if ``fit`` turns columns into numbers; of texts an array
            of strings ``(rows,)``.
        label: Class numbers (int64) or real targets (float64), ``(rows,)``; ``None`` without labels.
        classes: Names of the classes in the order of their numbers; empty unless the label is classes.
        fit: Given the train rows of ``x``, returns what encodes any rows as ``(rows, *shape)``; ``None`` for texts,
            which wait for a model's reader.
        split: Official part of each row ("train", "val" or "test"), ``(rows,)``; ``None`` if there is none. Parts that
            don't occur are cut from train.
        notes: What the reader of a result must know of how the rows were read, one sentence each.
        factors: Numbers of the values of the factors that made each row, int64, ``(rows, factors)``; ``None`` if
            nobody knows them.
        relations: Distances between all rows, float32 ``(rows, rows)``; ``None`` if nobody gave them.
    """

    modality: Modality
    x: NDArray[Any] | pd.DataFrame
    label: NDArray[Any] | None
    classes: tuple[str, ...]
    fit: Fit | None
    split: NDArray[np.str_] | None = None
    notes: tuple[str, ...] = ()
    factors: NDArray[np.int64] | None = None
    relations: NDArray[np.float32] | None = None


class Loaded(NamedTuple):
    """A data set ready to be served.

    Attributes:
        spec: What a model must know of it.
        parts: Rows of each split.
        notes: What was filled, dropped or ignored on the way, one sentence each.
        factors: Known factors of each split's rows, int64 ``(rows, factors)``; empty if nobody knows them.
        relations: Distances between each split's rows, float32 ``(rows, rows)``; empty if nobody gave them.
    """

    spec: DataSpec
    parts: dict[Split, SlicedDataset | TextRows]
    notes: list[str]
    factors: dict[Split, Tensor]
    relations: dict[Split, Tensor]


def load_splits(source: Source, seed: int, train_rows: int | None, test_rows: int | None) -> Loaded:
    """Checks, cuts and encodes; what is fitted is fitted on the train rows that remain.

    Args:
        source: All rows.
        seed: Of every cut and subset.
        train_rows: Train rows to use, validation included; ``None`` uses all.
        test_rows: Test rows to use; ``None`` uses all.

    Raises:
        UsageError: If the rows can't be used.
    """
    checks.labels(len(source.x), source.label)
    if isinstance(source.x, np.ndarray) and source.fit is not None:
        checks.finite(source.x)
    official = np.full(len(source.x), "train") if source.split is None else source.split
    rows = split_rows(official, source.label if source.classes else None, seed, train_rows, test_rows)
    if source.label is not None and source.classes:
        checks.two_classes(source.label[rows["train"]], source.classes)
    known, given = source.factors, source.relations
    factors = {} if known is None else {split: torch.from_numpy(known[rows[split]]) for split in SPLITS}
    relations = {} if given is None else {s: torch.from_numpy(given[np.ix_(rows[s], rows[s])]) for s in SPLITS}
    target: Target = "none" if source.label is None else "classes" if source.classes else "real"
    mean, sd = _scale(source.label, rows["train"]) if target == "real" else (0.0, 1.0)
    spec = DataSpec(source.modality, (), len(rows["train"]), target, source.classes, mean, sd)
    notes = [*source.notes, *_alone(source)]
    labels = {split: None if source.label is None else torch.from_numpy(source.label[rows[split]]) for split in SPLITS}
    if source.fit is None:
        texts = {split: TextRows([str(text) for text in source.x[rows[split]]], labels[split]) for split in SPLITS}
        return Loaded(spec, {**texts}, notes, factors, relations)
    encode, parts = source.fit(_take(source.x, rows["train"])), {}
    for split in SPLITS:
        x = np.ascontiguousarray(encode(_take(source.x, rows[split])), dtype=np.float32)  # (rows, *shape)
        parts[split] = SlicedDataset(torch.from_numpy(x), labels[split])
    low, high, whole = _support([part.x for part in parts.values()])
    shape = tuple(parts["train"].x.shape[1:])
    spec = spec._replace(shape=shape, low=low, high=high, whole=whole, categories=encode.categories)
    return Loaded(spec, {**parts}, notes, factors, relations)


def _scale(label: NDArray[Any] | None, rows: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation of a real label over some rows."""
    assert label is not None  # the target would be "none"
    return mean_and_sd(label[rows].astype(np.float64))


def _support(parts: list[Tensor]) -> tuple[float, float, bool]:
    """Smallest and largest value of all splits, and whether all are whole numbers: which likelihoods make sense."""
    low, high = (float(end) for end in torch.stack([torch.stack(x.aminmax()) for x in parts]).aminmax())
    return low, high, all(bool((x == x.round()).all()) for x in parts)


def _alone(source: Source) -> list[str]:
    """Says which classes have a single row, for such a row is never cut from train."""
    if source.label is None or not source.classes:
        return []
    counts = np.bincount(source.label, minlength=len(source.classes))
    return [f"class {source.classes[c]!r} has a single row" for c in np.flatnonzero(counts == 1)]


def _take(x: NDArray[Any] | pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[Any] | pd.DataFrame:
    return x.iloc[rows] if isinstance(x, pd.DataFrame) else x[rows]
