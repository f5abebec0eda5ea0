"""What a generative model says of each row, gathered from all ranks as embeddings are."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, stack

from embedbench.collect import collect
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import RunError
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.generative import Generative
from embedbench.types import SPLITS, Batch, Embedded, Split

Nats = dict[Split, dict[str, Tensor]]


class Likelihoods(LightningModule):
    """Predicts a column of nats for each thing that a generative model says of a row.

    Args:
        model: A paradigm that is ``Generative``.
        suite: Gives the number of samples and their seed.
    """

    def __init__(self, model: Paradigm, suite: Suite) -> None:
        super().__init__()
        self.model, self.suite = model, suite
        self.names: tuple[str, ...] = ()

    def predict_step(self, batch: Batch, *_: Any) -> Embedded:
        """Nats ``(batch, names)`` of one batch."""
        assert isinstance(self.model, Generative)
        found = self.model.nats(batch.x, batch.index, self.suite.importance_samples, self.suite.protocol.seed)
        self.names = tuple(found)
        return Embedded(stack(list(found.values()), dim=1), batch.index)


def row_nats(trainer: Trainer, model: Paradigm, data: EmbeddingDataModule, suite: Suite) -> Nats:
    """Nats of the scored rows by split and name, in the order of the split; every rank has to call it.

    Empty for models that aren't generative, and for a suite that doesn't want to know.

    Raises:
        RunError: If a row has a value that is NaN or infinite.
    """
    if not (isinstance(model, Generative) and suite.wants("generative")):
        return {}
    scored = SPLITS[1:]
    loaders = [data.predict_dataloader()[SPLITS.index(split)] for split in scored]
    scorer = Likelihoods(model, suite)
    parts: Any = trainer.predict(scorer, dataloaders=loaders)
    nats: Nats = {}
    for split, batches in zip(scored, parts, strict=True):
        table = collect(batches, data.rows[split], trainer.strategy.root_device)  # (rows, names)
        broken = int((~table.isfinite()).any(1).sum())
        if broken:
            raise RunError(
                f"{broken} of {len(table)} {split} rows have a NaN or infinite likelihood; lower --model.lr."
            )
        nats[split] = dict(zip(scorer.names, table.T, strict=True))
    return nats
