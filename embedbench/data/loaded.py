"""From all rows of a data set to its three splits, encoded, and what a model must know of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedbench.data import checks
from embedbench.data.fingerprint import fingerprint
from embedbench.data.labels.further_columns import check_train, take_rows
from embedbench.data.labels.several_labels import set_notes
from embedbench.data.labels.targets import mean_and_sd, served
from embedbench.data.leaks import leaks
from embedbench.data.prepare import Encode, Fit, Scale
from embedbench.data.preprocessing import Preprocessing
from embedbench.data.sliced import SlicedDataset
from embedbench.data.splits.divide import SplitSettings, class_notes, divide
from embedbench.data.splits.row_keys import RowKeys
from embedbench.data.texts.read_texts import TextRows
from embedbench.errors import UsageError
from embedbench.types import SPLITS, DataSpec, FurtherLabel, Modality, Split, Target


class Source(NamedTuple):
    """All rows of a data set, raw and not yet split, in the order of their file.

    Attributes:
        modality: Kind of input.
        x: All rows: an array ``(rows, *shape)``, or a table if ``fit`` turns columns into numbers; of texts an array
            of strings ``(rows,)``.
        label: Class numbers (int64) or real targets (float64), ``(rows,)``; of several labels a row 1 for those that it
            has, else 0, int8 ``(rows, labels)``; ``None`` without labels. A row without a label is -1 or NaN,
            throughout, and in no split.
        classes: Names of the classes in the order of their numbers, or of the labels in that of their columns; empty of
            a real target.
        fit: Given the train rows of ``x``, returns what encodes any rows as ``(rows, *shape)``; ``None`` for texts,
            which wait for a model's reader.
        split: Official part of each row ("train", "val" or "test"), ``(rows,)``; ``None`` if there is none. Parts that
            don't occur are cut from train.
        notes: What the reader of a result must know of how the rows were read, one sentence each.
        factors: Numbers of the values of the factors that made each row, int64, ``(rows, factors)``; ``None`` if
            nobody knows them.
        relations: Distances between all rows, float32 ``(rows, rows)``; ``None`` if nobody gave them.
        columns: Columns of the file by name, ``(rows,)`` each, that may be written beside the embeddings of a finished
            run; empty while one is fitted.
        keys: What the rows are known by and divided by.
        further: Columns that are set aside, by name.
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
    columns: Mapping[str, Any] = MappingProxyType({})
    keys: RowKeys = RowKeys()
    further: Mapping[str, FurtherLabel] = MappingProxyType({})

    @property
    def target(self) -> Target:
        """Kind of label."""
        if self.label is None:
            return "none"
        return "multilabel" if self.label.ndim == 2 else "classes" if self.classes else "real"


class Loaded(NamedTuple):
    """A data set ready to be served.

    Attributes:
        spec: What a model must know of it.
        parts: Rows of each split.
        encode: What made numbers of them; ``None`` of texts.
        notes: What was filled, dropped or ignored on the way, one sentence each.
        factors: Known factors of each split's rows, int64 ``(rows, factors)``; empty if nobody knows them.
        relations: Distances between each split's rows, float32 ``(rows, rows)``; empty if nobody gave them.
        columns: Further columns of the file by name, ``(rows,)`` each, as far as they are asked for.
        rows: Which of the source's rows are in each split.
        keys: What these are known by.
        folded: Fingerprint that all folds share; empty unless there are folds.
        further: Columns that are set aside, by name, of each split's rows.
    """

    spec: DataSpec
    parts: dict[Split, SlicedDataset | TextRows]
    encode: Encode | None
    notes: list[str]
    factors: dict[Split, Tensor]
    relations: dict[Split, Tensor]
    columns: dict[Split, Mapping[str, Any]]
    rows: dict[Split, NDArray[np.int64]]
    keys: RowKeys
    folded: str
    further: dict[Split, dict[str, FurtherLabel]]


def load_splits(source: Source, asked: SplitSettings, known: Preprocessing | None = None) -> Loaded:
    """Checks, cuts and encodes; what is fitted is fitted on the train rows that remain.

    Args:
        source: All rows.
        asked: Which rows are to be in which split.
        known: What a run keeps, which encodes the rows instead of anything fitted to them.

    Raises:
        UsageError: If the rows can't be used.
    """
    source = source if known is None else _labelled(source)
    checks.check_labels(len(source.x), source.label)
    classes = source.label if source.target == "classes" else None
    rows, divided = divide(source.split, len(source.x), classes, source.keys, asked)
    if classes is not None:
        checks.two_classes(classes[rows["train"]], source.classes)
        divided += class_notes(rows, classes, source.classes, asked)
        divided += checks.single_notes(classes, source.classes)
    elif source.label is not None and source.target == "multilabel":
        divided += set_notes(source.label, source.classes, rows)
    check_train(source.further, rows["train"])
    known_factors, given = source.factors, source.relations
    factors = {} if known_factors is None else {s: torch.from_numpy(known_factors[rows[s]]) for s in SPLITS}
    relations = {} if given is None else {s: torch.from_numpy(given[np.ix_(rows[s], rows[s])]) for s in SPLITS}
    mean, sd = _scale(source.label, rows["train"]) if source.target == "real" else (0.0, 1.0)
    spec = DataSpec(source.modality, (), len(rows["train"]), source.target, source.classes, mean, sd)
    encode = _encoder(source, rows["train"], known)  # refuses bad rows, of which notes make no sense
    notes = [*source.notes, *divided, *_leaks(source, rows)]
    labels = {split: None if source.label is None else torch.from_numpy(source.label[rows[split]]) for split in SPLITS}
    columns = {s: _beside(source, rows[s]) for s in SPLITS}
    keys, folded, further = source.keys, _folded(source, asked), {s: take_rows(source.further, rows[s]) for s in SPLITS}
    found = Loaded(spec, {}, encode, notes, factors, relations, columns, rows, keys, folded, further)
    if encode is None:
        texts = {split: TextRows([str(text) for text in source.x[rows[split]]], labels[split]) for split in SPLITS}
        return found._replace(parts={**texts})
    parts = {s: SlicedDataset(_encoded(encode, _take(source.x, rows[s])), labels[s]) for s in SPLITS}
    low, high, whole = support(parts["train"].x)
    shape = tuple(parts["train"].x.shape[1:])
    spec = spec._replace(shape=shape, low=low, high=high, whole=whole, categories=encode.categories)
    return found._replace(spec=spec, parts={**parts})


class Whole(NamedTuple):
    """All rows of a file in its order, as a finished run reads them.

    Attributes:
        rows: To serve.
        label: As ``Source`` has it.
        notes: What is to be said of how they were read, one sentence each.
        columns: Further columns of the file by name.
    """

    rows: SlicedDataset | TextRows
    label: NDArray[Any] | None
    notes: tuple[str, ...]
    columns: Mapping[str, Any]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.rows.texts) if isinstance(self.rows, TextRows) else len(self.rows)

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Which rows have a label that the run knows, ``(rows,)``."""
        assert self.label is not None  # who asks has looked
        return _has_label(self.label)


def load_whole(source: Source, known: Preprocessing) -> Whole:
    """Encodes all rows by what a run keeps.

    Raises:
        UsageError: If the rows can't be used.
    """
    checks.check_labels(len(source.x), None)
    label = None if source.label is None else torch.from_numpy(source.label)
    if known.labels is not None:
        label = served(label, known.labels.target, known.labels.mean, known.labels.sd)
    encode = _encoder(source, np.arange(0), known)
    if encode is None:
        texts = TextRows([str(text) for text in source.x], label)
        return Whole(texts, source.label, source.notes, source.columns)
    x = _encoded(encode, source.x)
    known.check(source.modality, tuple(x.shape[1:]))
    return Whole(SlicedDataset(x, label), source.label, source.notes, source.columns)


def support(x: Tensor) -> tuple[float, float, bool]:
    """Smallest and largest value of some rows, and whether all are whole numbers: which likelihoods make sense."""
    low, high = (float(end) for end in x.aminmax())
    return low, high, bool((x == x.round()).all())


def _folded(source: Source, asked: SplitSettings) -> str:
    """The fingerprint of all rows and of how they are divided, whichever fold is tested; empty without folds."""
    if asked.folds is None:
        return ""
    every, groups = np.arange(len(source.x)), source.keys.groups
    if source.fit is None:
        x = TextRows([str(text) for text in source.x], None).codes()
    else:
        x = _encoded(source.fit(_take(source.x, every)), source.x)
    how = str([asked.seed, asked.train_rows, asked.test_rows, asked.folds, asked.disjoint_classes])
    arrays = {"label": source.label, "relations": source.relations, "groups": groups}
    tensors = {name: None if array is None else torch.from_numpy(array) for name, array in arrays.items()}
    return fingerprint([(how, x), *tensors.items()])


def _encoder(source: Source, train: NDArray[np.int64], known: Preprocessing | None) -> Encode | None:
    """What makes numbers of the rows: fitted to the train rows, or known.

    Pixels are divided by what their type can hold, in which nothing is fitted: bytes and floats of a picture are alike.
    """
    if known is not None:
        known.check(source.modality, () if isinstance(source.x, pd.DataFrame) else source.x.shape[1:])
    if source.fit is None:
        return None
    if isinstance(source.x, np.ndarray):
        checks.finite(source.x)
    if known is None:
        return source.fit(_take(source.x, train))
    own = source.fit(_take(source.x, train)) if isinstance(known.encode, Scale) else None
    return own if isinstance(own, Scale) else known.encode


def _encoded(encode: Encode, rows: NDArray[Any] | pd.DataFrame) -> Tensor:
    """Rows as float32 ``(rows, *shape)``."""
    with np.errstate(over="ignore"):
        x = np.ascontiguousarray(encode.transform(rows), dtype=np.float32)
    bad = int((~np.isfinite(x.reshape(len(x), -1))).any(1).sum())
    if bad:
        raise UsageError(
            f"{bad} of {len(x)} rows are beyond float32 once they are standardised by the train rows; repair or drop "
            "them."
        )
    return torch.from_numpy(x)


def _labelled(source: Source) -> Source:
    """The rows that have a label that the run knows, if there are labels at all."""
    if source.label is None:
        return source
    there = _has_label(source.label)
    if there.all():
        return source
    rows = np.flatnonzero(there)
    if not len(rows):
        raise UsageError(f"none of {len(there)} rows has a label that can be used; give some.")
    given, factors = source.relations, source.factors
    return source._replace(
        x=_take(source.x, rows),
        label=source.label[rows],
        split=None if source.split is None else source.split[rows],
        factors=None if factors is None else factors[rows],
        relations=None if given is None else given[np.ix_(rows, rows)],
        columns=_beside(source, rows),
        keys=source.keys.take(rows),
        further=take_rows(source.further, rows),
        notes=(*source.notes, f"{len(there) - len(rows)} rows without a label left out"),
    )


def _beside(source: Source, rows: NDArray[np.int64]) -> Mapping[str, Any]:
    return {name: np.asarray(values)[rows] for name, values in source.columns.items()}


def _has_label(label: NDArray[Any]) -> NDArray[np.bool_]:
    there: NDArray[np.bool_] = ~np.isnan(label) if label.dtype.kind == "f" else label >= 0
    return there if label.ndim == 1 else there[:, 0]


def _scale(label: NDArray[Any] | None, rows: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation of a real label over some rows."""
    assert label is not None  # the target would be "none"
    return mean_and_sd(label[rows].astype(np.float64))


def _leaks(source: Source, rows: dict[Split, NDArray[np.int64]]) -> list[str]:
    """What may give the label away; of rows given by their relations there is nothing to look at."""
    if source.relations is not None:
        return []
    return leaks(source.x, source.label, rows, table=source.modality == "tabular", target=source.target)


def _take(x: NDArray[Any] | pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[Any] | pd.DataFrame:
    return x.iloc[rows] if isinstance(x, pd.DataFrame) else x[rows]
