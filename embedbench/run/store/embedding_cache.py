"""Embeddings kept by content: read where all that they follow from is as it was, and never otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from embedbench import cache
from embedbench.data.base import EmbeddingDataModule
from embedbench.paradigms.base import Paradigm
from embedbench.run.store.cache_key import arithmetic, code_content, model_content, setting_content
from embedbench.run.store.folder import embeddings_path
from embedbench.types import SPLITS, Split

KIND = "embeddings"


class EmbeddingCache:
    """Finds and keeps the embeddings of one model, as it is now, of one data set. Every rank makes its own.

    Args:
        trainer: It would embed.
        model: With its weights.
        data: To be embedded.
        setting: Class and arguments of the model, as a configuration has them.

    Attributes:
        keys: Of each split on rank 0, a digest of all that the embedding follows from; empty on other ranks, and where
            nothing can be kept: without a cache, or for a model whose code can't be read.
    """

    def __init__(self, trainer: Trainer, model: Paradigm, data: EmbeddingDataModule, setting: dict[str, Any]) -> None:
        self._trainer = trainer
        self.keys = _keys(trainer, model, data, setting) if trainer.is_global_zero else {}

    def read(self, folder: Path | None = None) -> dict[Split, Tensor]:
        """The embeddings that are there, ``(rows, dim)`` of some splits, the same on every rank: each has to call it.

        Rank 0 alone looks, for ranks on other machines may not have the files.

        Args:
            folder: Of a run that may have kept its embeddings.
        """
        found: dict[Split, Tensor] = {}
        for split, key in self.keys.items():
            tables = cache.find_tables(KIND, key)
            if tables is None and folder is not None:
                tables = cache.read_tables(embeddings_path(folder, split), key)
            if tables is not None:
                found[split] = torch.from_numpy(tables["z"])
        if self._trainer.world_size == 1:
            return found
        _start(self._trainer)
        told: dict[Split, Tensor] = self._trainer.strategy.broadcast(found)
        return told

    def write(self, embedded: dict[Split, Tensor]) -> None:
        """Keeps embeddings ``(rows, dim)`` of some splits, on rank 0; without effect on others."""
        for split, z in embedded.items():
            if split in self.keys:
                cache.keep(KIND, self.keys[split], {"z": z.numpy()})


def _keys(trainer: Trainer, model: Paradigm, data: EmbeddingDataModule, setting: dict[str, Any]) -> dict[Split, str]:
    code = code_content(model) if cache.limit() else None
    if code is None:
        return {}
    made_by = [setting_content(setting), model_content(model), code, arithmetic(trainer)]
    return {split: cache.digest([*made_by, split, data.content(split, model.sees)]) for split in SPLITS}


class _Nothing(LightningModule):
    """Predicts nothing."""

    def predict_step(self, *_: Any) -> Tensor:
        return torch.empty(0)


def _start(trainer: Trainer) -> None:
    """Lets the Trainer start its processes, which it does before its first work, so that they can be talked to."""
    if not torch.distributed.is_initialized():
        trainer.predict(_Nothing(), dataloaders=DataLoader(range(trainer.world_size)))  # type: ignore[arg-type]
