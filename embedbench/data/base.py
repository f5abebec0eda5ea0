"""The contract of a data set: it loads its rows; this base splits, encodes, checks and serves them."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from lightning.pytorch import LightningDataModule
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from embedbench.data import checks
from embedbench.data.prepare import Fit
from embedbench.data.sliced import SlicedDataset, loader
from embedbench.data.split import split_rows
from embedbench.errors import UsageError
from embedbench.types import SPLITS, Batch, DataSpec, Modality, Split, Target


class Source(NamedTuple):
    """All rows of a data set, raw and not yet split.

    Attributes:
        modality: Kind of input.
        x: All rows: an array ``(rows, *shape)``, or a table if ``fit`` turns columns into numbers.
        label: Class numbers (int64) or real targets (float32), ``(rows,)``; ``None`` without labels.
        classes: Names of the classes in the order of their numbers; empty unless the label is classes.
        fit: Given the train rows of ``x``, returns what encodes any rows as ``(rows, *shape)``.
        split: Official part of each row ("train", "val" or "test"), ``(rows,)``; ``None`` if there is none. Parts that
            don't occur are cut from train.
        notes: What the reader of a result must know of how the rows were read, one sentence each.
        factors: Numbers of the values of the factors that made each row, int64, ``(rows, factors)``; ``None`` if
            nobody knows them.
    """

    modality: Modality
    x: NDArray[Any] | pd.DataFrame
    label: NDArray[Any] | None
    classes: tuple[str, ...]
    fit: Fit
    split: NDArray[np.str_] | None = None
    notes: tuple[str, ...] = ()
    factors: NDArray[np.int64] | None = None


class _Loaded(NamedTuple):
    spec: DataSpec
    parts: dict[Split, SlicedDataset]
    notes: list[str]
    factors: dict[Split, Tensor]


class EmbeddingDataModule(LightningDataModule, ABC):
    """Rows of one data set in three fixed splits, read when first asked for; every rank reads for itself.

    The official test split is kept where there is one, else 20 % are cut (stratified by class). Validation is 10 % of
    train, never of test, unless the data come with their own. Encoding is fitted on the train rows that remain.

    Args:
        batch_size: Rows of one step, on each device.
        num_workers: Processes that prepare batches; the rows are in memory, so 0 is fastest on most machines.
        train_rows: Use only so many train rows (stratified), validation included; ``None`` uses all.
        test_rows: Use only so many test rows (stratified); ``None`` uses all.
        split_seed: Seed of every cut and subset; the training seed has no part in it.

    Raises:
        UsageError: If an argument is out of range; later, on first access, if the data can't be used.
    """

    def __init__(
        self,
        batch_size: int = 128,
        num_workers: int = 0,
        train_rows: int | None = None,
        test_rows: int | None = None,
        split_seed: int = 0,
    ) -> None:
        super().__init__()
        sizes = {"batch_size": batch_size, "train_rows": train_rows, "test_rows": test_rows}
        floors = {**dict.fromkeys(sizes, 1), "num_workers": 0, "split_seed": 0}
        for name, value in {**sizes, "num_workers": num_workers, "split_seed": split_seed}.items():
            if value is not None and value < floors[name]:
                raise UsageError(f"`{name}` must be at least {floors[name]}, got {value}.")
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.train_rows = train_rows
        self.test_rows = test_rows
        self.split_seed = split_seed

    @abstractmethod
    def load(self) -> Source:
        """Read all rows.

        Raises:
            UsageError: If they can't be read; says which file or column and how to mend it.
        """

    @property
    def spec(self) -> DataSpec:
        """What a model must know of these data."""
        return self._loaded.spec

    @property
    def notes(self) -> list[str]:
        """What was filled, dropped or ignored on the way, one sentence each."""
        return self._loaded.notes

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each split."""
        return {split: len(part) for split, part in self._loaded.parts.items()}

    def tensors(self, split: Split) -> tuple[Tensor, Tensor | None]:
        """All rows of one split: x float32 ``(rows, *shape)`` and label ``(rows,)`` or ``None``."""
        part = self._loaded.parts[split]
        return part.x, part.label

    def factors(self, split: Split) -> Tensor | None:
        """The known factors of one split's rows, int64 ``(rows, factors)``, or ``None``."""
        return self._loaded.factors.get(split)

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of every split's shapes, types and values."""
        digest = hashlib.sha256()
        for split in SPLITS:
            for tensor in self.tensors(split):
                if tensor is not None:
                    digest.update(f"{split} {tuple(tensor.shape)} {tensor.dtype}".encode())
                    digest.update(tensor.numpy().data)
        return digest.hexdigest()[:16]

    def train_dataloader(self) -> DataLoader[Batch]:
        """Train rows, shuffled anew each epoch."""
        return loader(self._loaded.parts["train"], self.batch_size, shuffle=True, num_workers=self.num_workers)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Validation rows in order."""
        return loader(self._loaded.parts["val"], self.batch_size, shuffle=False, num_workers=self.num_workers)

    def predict_dataloader(self) -> list[DataLoader[Batch]]:
        """Train, val and test rows in order: the three splits to embed."""
        return [
            loader(self._loaded.parts[split], self.batch_size, shuffle=False, num_workers=self.num_workers)
            for split in SPLITS
        ]

    @cached_property
    def _loaded(self) -> _Loaded:
        source = self.load()
        _check(source)
        official = np.full(len(source.x), "train") if source.split is None else source.split
        strata = source.label if source.classes else None
        rows = split_rows(official, strata, self.split_seed, self.train_rows, self.test_rows)
        if source.label is not None and source.classes:
            checks.two_classes(source.label[rows["train"]], source.classes)
        encode = source.fit(_take(source.x, rows["train"]))
        parts = {}
        for split in SPLITS:
            x = np.ascontiguousarray(encode(_take(source.x, rows[split])), dtype=np.float32)  # (rows, *shape)
            label = None if source.label is None else torch.from_numpy(source.label[rows[split]])
            parts[split] = SlicedDataset(torch.from_numpy(x), label)
        target: Target = "none" if source.label is None else "classes" if source.classes else "real"
        shape = tuple(parts["train"].x.shape[1:])
        mean, sd = _scale(parts["train"].label) if target == "real" else (0.0, 1.0)
        low, high, whole = _support([part.x for part in parts.values()])
        n_rows = len(parts["train"])
        described = (target, source.classes, mean, sd, low, high, whole, encode.categories)
        spec = DataSpec(source.modality, shape, n_rows, *described)
        known = source.factors
        factors = {} if known is None else {split: torch.from_numpy(known[rows[split]]) for split in SPLITS}
        return _Loaded(spec, parts, [*source.notes, *_alone(source)], factors)


def _check(source: Source) -> None:
    checks.labels(len(source.x), source.label)
    if isinstance(source.x, np.ndarray):
        checks.finite(source.x)


def _scale(label: Tensor | None) -> tuple[float, float]:
    """Mean and standard deviation of a real label."""
    assert label is not None  # the target would be "none"
    values = label.double()
    return float(values.mean()), float(values.std(correction=0)) or 1.0


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
