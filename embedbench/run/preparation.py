"""What precedes the first step of every fit, whoever wrote the model: its rows, and each rank's own noise."""

from __future__ import annotations

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from embedbench.data.base import EmbeddingDataModule
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.fit_rows import FitRows, SplitRows
from embedbench.types import Split


class Preparation(Callback):
    """Gives a model its rows, then each rank of a fit by gradient steps noise of its own.

    In this order: what a model draws while it looks at its rows is the same on every rank. The ranks of a model that is
    solved stay alike, for each has to come to the same solution.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """On every rank, with the model on its device and the weights of a resumed fit in place."""
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by a connector
        assert isinstance(pl_module, Paradigm)
        assert isinstance(data, EmbeddingDataModule)
        pl_module.prepare_fit(FitRows(_rows(data, "train", pl_module), _rows(data, "val", pl_module)))
        if pl_module.fitting == "gradient" and trainer.world_size > 1:
            torch.manual_seed(torch.initial_seed() + trainer.global_rank)


def _rows(data: EmbeddingDataModule, split: Split, model: Paradigm) -> SplitRows:
    arrays = None if data.spec.modality == "text" else data.tensors(split)[0]
    return SplitRows(data.in_order(split), data.rows[split], arrays, data.relations(split), model)
