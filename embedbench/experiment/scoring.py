"""Embedding every split and scoring it: all ranks embed, rank 0 alone scores, outside every collective."""

from __future__ import annotations

import time
from typing import NamedTuple

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from embedbench.collect import collect
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import RunError
from embedbench.evaluation.space import Rows
from embedbench.evaluation.suite import Suite
from embedbench.experiment.row_scores import RowScores
from embedbench.paradigms.base import Paradigm
from embedbench.types import SPLITS, Split


def embed_splits(trainer: Trainer, model: Paradigm, data: EmbeddingDataModule) -> dict[Split, Tensor]:
    """Embeddings ``(rows, dim)`` of train, val and test, in the order of the split, the same on every rank."""
    parts = trainer.predict(model, dataloaders=data.predict_dataloader())
    assert parts is not None  # predictions are returned by default
    device = trainer.strategy.root_device
    found = {name: collect(p, data.rows[name], device) for name, p in zip(SPLITS, parts, strict=True)}
    for name, z in found.items():
        broken = int((~z.isfinite()).any(1).sum())
        if broken:
            raise RunError(f"{broken} of {len(z)} {name} rows have a NaN or infinite embedding; lower --model.lr.")
    return found


def labelled(data: EmbeddingDataModule, split: Split, z: Tensor) -> dict[str, Tensor]:
    """What is kept of one split's embeddings ``(rows, dim)``: z, index and, if known, label."""
    label = data.tensors(split)[1]
    return {"z": z, "index": torch.arange(len(z)), **({} if label is None else {"label": label})}


class Scores(NamedTuple):
    """Metrics of val and test, and the seconds that they took."""

    metrics: dict[str, dict[str, float]]
    seconds: float


def score(suite: Suite, data: EmbeddingDataModule, embedded: dict[Split, Tensor], said: RowScores) -> Scores:
    """Scores val and test against the gallery train; call it on rank 0 alone.

    Args:
        suite: Says what is scored.
        data: That were embedded.
        embedded: Embeddings ``(rows, dim)`` of each split.
        said: What the model said of single rows.
    """
    started = time.perf_counter()
    rows = {name: _rows(data, name, z, said.get(name, {})) for name, z in embedded.items()}
    metrics = suite.score(rows["train"], {"val": rows["val"], "test": rows["test"]})
    return Scores(metrics, time.perf_counter() - started)


def _rows(data: EmbeddingDataModule, split: Split, z: Tensor, said: dict[str, dict[str, Tensor]]) -> Rows:
    x, label = data.tensors(split)
    factors = data.factors(split)
    return Rows(
        z=z.numpy(),
        label=None if label is None else label.numpy(),
        x=x.flatten(1).numpy(),
        factors=None if factors is None else factors.numpy(),
        scores={family: {name: part.numpy() for name, part in found.items()} for family, found in said.items()},
        pixels=data.spec.features if data.spec.modality == "image" else None,
    )
