"""The contract of a data set: it loads its rows; this base splits, encodes, checks and serves them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from embedbench.arguments.checked import Checked
from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.cache import digest
from embedbench.data.augmenting import Augmenting
from embedbench.data.fingerprint import fingerprint
from embedbench.data.labels.targets import served
from embedbench.data.loaded import Loaded, Source, Whole, load_splits, load_whole, support
from embedbench.data.prepare import Encode, Scale, unit_rows
from embedbench.data.preprocessing import OF_BEFORE, load_preprocessing
from embedbench.data.rereading import Rereading
from embedbench.data.sliced import SlicedDataset, loader
from embedbench.data.splits.divide import SplitSettings
from embedbench.data.splits.split_file import split_table
from embedbench.data.texts.read_texts import Read, TextRows, read_texts
from embedbench.data.whole_batches import WholeBatches
from embedbench.errors import UsageError
from embedbench.text.tfidf import tfidf
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.text.tokens import Bucketed, TokenDataset
from embedbench.types import SPLITS, Batch, DataSpec, FurtherLabel, Split

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

__all__ = ["EmbeddingDataModule", "Source"]


class EmbeddingDataModule(Augmenting, Rereading, Checked, ABC):
    """Rows of one data set in three fixed splits, read when first asked for; every rank reads for itself.

    The official test split is kept where there is one, else 20 % are cut (stratified by class). Validation is 10 % of
    train, never of test, unless the data come with their own. Encoding is fitted on the train rows that remain.

    Args:
        batch_size: Rows of one step, on each device.
        num_workers: Processes that prepare batches; the rows are in memory, so 0 is fastest on most machines.
        train_rows: Use only so many train rows (stratified), validation included; ``None`` uses all.
        test_rows: Use only so many test rows (stratified); ``None`` uses all.
        split_seed: Seed of every cut and subset; the training seed has no part in it.
        flip: Of images: whether a mirror image shows the same, so that half of the views of ``--augment`` are
            mirrored, left to right; wrong for what may be read.
        scale_rows: Of images and arrays: whether each row is divided by its root mean square, in place of any other
            scaling, for all models and metrics alike: then brightness tells nothing.
        folds: Number of test folds, stratified or of groups, that part all rows; ``None``: a single test split.
        fold: The one that is the test split, from 1.
        disjoint_classes: Whether the test split has classes of its own, half of them, that no model is trained on.
        split_file: What ``embedbench split`` writes: a table of ``row`` (from 0) or ``id``, and ``split``.

    Attributes:
        reader: How texts become token ids: what makes a vocabulary of the train texts, a vocabulary itself, or ``None``
            for a model that doesn't look at them. To be set before first access; of no effect on other data.

    Raises:
        UsageError: If an argument is out of range; later, on first access, if the data can't be used.
    """

    def __init__(
        self,
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
        flip: bool = False,
        scale_rows: bool = False,
        folds: Folds | None = None,
        fold: PositiveInt = 1,
        disjoint_classes: bool = False,
        split_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.asked = SplitSettings(split_seed, train_rows, test_rows, folds, fold, disjoint_classes, split_file)
        self.asked.check()
        self.flip, self.scale_rows = flip, scale_rows
        self.reader: TokenizerSpec | str | None = None
        Rereading.__init__(self)

    @abstractmethod
    def load(self) -> Source:
        """Read all rows; with ``known``, also those without a label.

        Raises:
            UsageError: If they can't be read; says which file or column and how to mend it.
        """

    @property
    def spec(self) -> DataSpec:
        """What a model must know of these data."""
        spec = self._loaded.spec
        return spec if self._read is None else spec._replace(vocabulary=self._read.vocabulary)

    @property
    def encode(self) -> Encode | None:
        """What makes numbers of rows; ``None`` of texts."""
        return self._loaded.encode

    @property
    def notes(self) -> list[str]:
        """What was filled, dropped, cut or ignored on the way, one sentence each."""
        return [*self._loaded.notes, *(self._read.notes if self._read else ())]

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each split."""
        parts = self._loaded.parts
        return {split: len(part.texts) if isinstance(part, TextRows) else len(part) for split, part in parts.items()}

    def tensors(self, split: Split) -> tuple[Tensor, Tensor | None]:
        """All rows of one split: x float32 ``(rows, *shape)`` and label ``(rows,)`` or ``None``; not of texts."""
        part = self._loaded.parts[split]
        assert isinstance(part, SlicedDataset)  # who asks for arrays has looked at the modality
        return part.x, part.label

    def targets(self, split: Split) -> Tensor | None:
        """Class numbers (int64), real targets as they are (float64) or several labels a row (int8), or ``None``."""
        return self._loaded.parts[split].label

    def texts(self, split: Split) -> list[str]:
        """All rows of one split of texts."""
        part = self._loaded.parts[split]
        assert isinstance(part, TextRows)
        return part.texts

    def support(self) -> tuple[float, float, bool]:
        """Smallest and largest value of all splits, and whether all are whole numbers."""
        low, high, whole = zip(*(support(self.tensors(split)[0]) for split in SPLITS), strict=True)
        return min(low), max(high), all(whole)

    def further(self, split: Split) -> dict[str, FurtherLabel]:
        """Columns that are set aside, by name, of one split's rows."""
        return self._loaded.further[split]

    def factors(self, split: Split) -> Tensor | None:
        """The known factors of one split's rows, int64 ``(rows, factors)``, or ``None``."""
        return self._loaded.factors.get(split)

    def relations(self, split: Split) -> Tensor | None:
        """Distances between one split's rows, float32 ``(rows, rows)``, or ``None``."""
        return self._loaded.relations.get(split)

    def beside_split(self, split: Split) -> Mapping[str, Any]:
        """Columns of the file by name, of one split's rows, ``(rows,)`` each; of rows that a run embeds again alone."""
        return self._loaded.columns[split]

    def tfidf(self, split: Split) -> csr_array | None:
        """Words of one split of texts other than train, float64 ``(rows, words)``; ``None`` if none counts."""
        return self._tfidf.get(split)

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of every split's shapes, types and values; all folds share one."""
        parts = {split: (self._content(split), self.targets(split), self.relations(split)) for split in SPLITS}
        return self._loaded.folded or fingerprint((split, one) for split, part in parts.items() for one in part)

    def split_table(self) -> pd.DataFrame:
        """Number, id if there are some, and split of each row, in the file's order."""
        return split_table(self._loaded.rows, self._loaded.keys)

    def content(self, split: Split, seen: Literal["x", "label"]) -> str:
        """Digest of what a model is given of one split's rows, in their order; of texts, what its reader is given.

        Args:
            split: Of the rows.
            seen: What it looks at.
        """
        given = self._content(split) if seen == "x" else self.targets(split)
        return digest([] if given is None else [given.numpy()])

    def _content(self, split: Split) -> Tensor:
        part = self._loaded.parts[split]
        return part.codes() if isinstance(part, TextRows) else part.x

    def train_dataloader(self) -> DataLoader[Batch]:
        """Train rows, shuffled anew each epoch; texts of similar length together."""
        part = self._dataset("train", by_length=False)
        if isinstance(part, SlicedDataset):
            return loader(part, self.batch_size, shuffle=True, num_workers=self.num_workers)
        sampler = Bucketed(part, self.batch_size, *self._ranks())
        return loader(part, self.batch_size, sampler=sampler, num_workers=self.num_workers)

    def val_dataloader(self) -> DataLoader[Batch]:
        """Validation rows in order; texts from short to long; dealt out to ranks by whole batches."""
        part = self._dataset("val", by_length=True)
        sampler = WholeBatches(part, self.batch_size, *self._ranks())
        return loader(part, self.batch_size, sampler=sampler, num_workers=self.num_workers)

    def predict_dataloader(self) -> list[DataLoader[Batch]]:
        """Train, val and test rows in order, texts from short to long: the three splits to embed."""
        return [self.in_order(split) for split in SPLITS]

    def in_order(self, split: Split) -> DataLoader[Batch]:
        """All rows of one split in order, texts from short to long, whatever the number of processes."""
        return loader(self._dataset(split, by_length=True), self.batch_size, num_workers=self.num_workers)

    @cached_property
    def whole(self) -> Whole:
        """All rows in the order of the file, nothing left out nor cut, by what ``known`` says.

        Raises:
            UsageError: If they can't be read, or not as the run's.
        """
        assert self.known is not None  # who asks for it has looked
        self.is_whole = True
        return load_whole(self._source(), self.known)

    def whole_dataloader(self) -> DataLoader[Batch]:
        """All rows of the file, to embed: in its order, texts from short to long."""
        part = self.whole.rows
        if isinstance(part, SlicedDataset):
            return loader(part, self.batch_size, num_workers=self.num_workers)
        if self.reader is None:
            return loader(part.blank(), self.batch_size, num_workers=self.num_workers)
        tokens = read_texts({"test": part}, self.reader).dataset("test", part.label, by_length=True)
        return loader(tokens, self.batch_size, num_workers=self.num_workers)

    def some(self, split: Split, rows: Tensor) -> list[Batch]:
        """The rows of one split with these numbers, in batches; texts from short to long."""
        part = self._dataset(split, by_length=False)
        ordered = rows[part.lengths[rows].argsort(stable=True)] if isinstance(part, TokenDataset) else rows
        return [part.__getitems__(numbers.tolist()) for numbers in torch.split(ordered, self.batch_size)]

    def _ranks(self) -> tuple[int, int]:
        """How many processes there are, and the number of this one."""
        return (self.trainer.world_size, self.trainer.global_rank) if self.trainer else (1, 0)

    def _source(self) -> Source:
        """All rows, once the arguments are sure to go with them."""
        source = self.load()
        if self.flip and source.modality != "image":
            raise UsageError(f"`flip` is for images, but the data are {source.modality}; leave it.")
        if not self.scale_rows:
            return source
        if source.fit is None or not isinstance(source.x, np.ndarray):
            raise UsageError("`scale_rows` is for images and arrays, whose numbers have one unit; leave it out.")
        said = (*source.notes, "each row is divided by its root mean square")
        return source._replace(fit=unit_rows, notes=said)

    @cached_property
    def _loaded(self) -> Loaded:
        run = self.reader.run if isinstance(self.reader, TokenizerSpec) else None
        if self.known is None and run is not None and not (run / "config.yaml").is_file():
            raise UsageError(f"{run} is no run's folder; give that of a finished run, such as runs/ID.")
        if self.known is None and run is not None and (kept := load_preprocessing(run)) is not None:
            self.known = kept._replace(labels=None)  # these data have labels of their own
        loaded = load_splits(self._source(), self.asked, self.known)
        if run is not None and self.known is None and not isinstance(loaded.encode, Scale | None):
            raise UsageError(f"the run {run} {OF_BEFORE}.")
        return loaded

    @cached_property
    def _read(self) -> Read | None:
        rows = {split: part for split, part in self._loaded.parts.items() if isinstance(part, TextRows)}
        return read_texts(rows, self.reader) if rows and self.reader is not None else None

    @cached_property
    def _tfidf(self) -> dict[str, csr_array]:
        return tfidf(self.texts("train"), {split: self.texts(split) for split in SPLITS[1:]})

    def _dataset(self, split: Split, *, by_length: bool) -> SlicedDataset | TokenDataset:
        """What batches of a split are taken from; texts that no model reads are rows without numbers."""
        part = self._loaded.parts[split]
        spec = self._loaded.spec
        label = served(part.label, spec.target, spec.target_mean, spec.target_sd)
        if isinstance(part, SlicedDataset):
            return SlicedDataset(part.x, label)
        return part.blank() if self._read is None else self._read.dataset(split, label, by_length=by_length)
