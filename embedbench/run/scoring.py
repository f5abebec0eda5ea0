"""Embedding every split and scoring it: all ranks embed, rank 0 alone scores, outside every collective."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from embedbench.collect import collect
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import RunError, UsageError
from embedbench.evaluation.rows import Rows, WordVectors
from embedbench.evaluation.suite import Assessment, Suite
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.generative.likelihood import Likelihood
from embedbench.paradigms.words.word_table import WordModel
from embedbench.run.row_scores import NOTHING, RowOutputs, RowScores
from embedbench.types import SPLITS, Split


def embed_splits(
    trainer: Trainer,
    model: Paradigm,
    data: EmbeddingDataModule,
    known: Mapping[Split, Tensor] | None = None,
    *,
    again: bool = False,
) -> dict[Split, Tensor]:
    """Embeddings ``(rows, dim)`` of train, val and test, in the order of the split, the same on every rank.

    Args:
        trainer: Embeds.
        model: With its weights.
        data: To be embedded.
        known: Embeddings of splits that have been embedded before.
        again: Whether the model is that of a finished run.

    Raises:
        RunError: If an embedding is NaN or infinite; `UsageError` of a finished run, which had none.
    """
    found = dict(known or {})
    missing = [split for split in SPLITS if split not in found]
    if missing:
        loaders = [loader for split, loader in zip(SPLITS, data.predict_dataloader(), strict=True) if split in missing]
        parts: Any = trainer.predict(model, dataloaders=loaders)
        device = trainer.strategy.root_device
        for split, batches in zip(missing, parts if len(missing) > 1 else [parts], strict=True):
            found[split] = collect(batches, data.rows[split], device)
    for split, z in found.items():
        broken = int((~z.isfinite()).any(1).sum())
        if broken and again:
            raise UsageError(
                f"{broken} of {len(z)} {split} rows have a NaN or infinite embedding, as none had when the run was "
                "scored; bring its files and data back."
            )
        if broken:
            raise RunError(f"{broken} of {len(z)} {split} rows have a NaN or infinite embedding; lower --model.lr.")
    return {split: found[split] for split in SPLITS}


def check_support(model: Paradigm, data: EmbeddingDataModule) -> None:
    """Refuses rows of any split that the model's likelihood gives no probability to, before any work.

    Raises:
        UsageError: If there are some.
    """
    likelihood = getattr(model, "likelihood", None)
    if isinstance(likelihood, Likelihood):
        likelihood.check(*data.support())


def with_labels(data: EmbeddingDataModule, split: Split, z: Tensor) -> dict[str, Tensor]:
    """What is kept of one split's embeddings ``(rows, dim)``: z, index and, if known, label."""
    label = data.targets(split)
    return {"z": z, "index": torch.arange(len(z)), **({} if label is None else {"label": label})}


class Scores(NamedTuple):
    """How val and test score, by split, and the seconds that it took."""

    assessed: dict[str, Assessment]
    seconds: float

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Values by split and metric."""
        return {split: found.metrics for split, found in self.assessed.items()}


def score(
    suite: Suite, data: EmbeddingDataModule, embedded: dict[Split, Tensor], said: RowScores, model: Paradigm
) -> Scores:
    """Scores val and test against the gallery train; call it on rank 0 alone.

    Args:
        suite: Says what is scored.
        data: That were embedded.
        embedded: Embeddings ``(rows, dim)`` of each split.
        said: What the model said of single rows.
        model: Asked for its word vectors.
    """
    started = time.perf_counter()
    rows = {name: _rows(data, name, z, said.get(name, NOTHING)) for name, z in embedded.items()}
    if suite.wants("geometry"):
        rows |= {name: _with_inputs(rows[name], data, name) for name in ("val", "test")}
    if isinstance(model, WordModel):
        words, vectors = model.word_vectors()
        rows["train"] = replace(rows["train"], words=WordVectors(words, vectors.numpy()))
    rows["train"] = replace(rows["train"], sees_label=model.sees == "label", constant=model.constant)
    assessed = suite.assess(rows["train"], {"val": rows["val"], "test": rows["test"]})
    return Scores(assessed, time.perf_counter() - started)


def _rows(data: EmbeddingDataModule, split: Split, z: Tensor, said: RowOutputs) -> Rows:
    label, factors = data.targets(split), data.factors(split)
    return Rows(
        z=z.numpy(),
        label=None if label is None else label.numpy(),
        factors=None if factors is None else factors.numpy(),
        scores={family: {name: part.numpy() for name, part in found.items()} for family, found in said.scores.items()},
        clusters=None if said.clusters is None else said.clusters.numpy(),
        classes=data.spec.classes,
        further=data.further(split),
        pixels=data.spec.features if data.spec.modality == "image" else None,
    )


def _with_inputs(rows: Rows, data: EmbeddingDataModule, split: Split) -> Rows:
    """The rows with their input space: relations, the words of texts, or what a model is given."""
    relations = data.relations(split)
    if relations is not None:
        return replace(rows, relations=relations.numpy())
    text = data.spec.modality == "text"
    return replace(rows, x=data.tfidf(split) if text else data.tensors(split)[0].flatten(1).numpy())
