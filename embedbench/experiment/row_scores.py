"""What a model says of single rows, gathered from all ranks as embeddings are."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, stack

from embedbench.collect import collect
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import RunError
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.row_scorer import RowScorer
from embedbench.types import SPLITS, Batch, Embedded, Split

RowScores = dict[Split, dict[str, dict[str, Tensor]]]


class Scoring(LightningModule):
    """Predicts a column for each thing that a model says of a row.

    Args:
        model: A paradigm that is a ``RowScorer``.
        suite: Gives the number of samples and their seed.
    """

    def __init__(self, model: Paradigm, suite: Suite) -> None:
        super().__init__()
        self.model, self.suite = model, suite
        self.names: tuple[str, ...] = ()

    def predict_step(self, batch: Batch, *_: Any) -> Embedded:
        """Scores ``(batch, names)`` of one batch."""
        assert isinstance(self.model, RowScorer)
        found = self.model.row_scores(batch.x, batch.index, self.suite.importance_samples, self.suite.protocol.seed)
        self.names = tuple(found)
        return Embedded(stack(list(found.values()), dim=1), batch.index)


def score_rows(trainer: Trainer, model: Paradigm, data: EmbeddingDataModule, suite: Suite) -> RowScores:
    """Scores of the val and test rows by split, metric family and name, in the order of the split.

    Every rank has to call it. Empty for models that score no rows, and for a suite that doesn't want to know.

    Raises:
        RunError: If a row has a score that is NaN or infinite.
    """
    if not (isinstance(model, RowScorer) and suite.wants(model.family)):
        return {}
    scored = SPLITS[1:]
    loaders = [data.predict_dataloader()[SPLITS.index(split)] for split in scored]
    scorer = Scoring(model, suite)
    parts: Any = trainer.predict(scorer, dataloaders=loaders)
    found: RowScores = {}
    for split, batches in zip(scored, parts, strict=True):
        table = collect(batches, data.rows[split], trainer.strategy.root_device)  # (rows, names)
        broken = int((~table.isfinite()).any(1).sum())
        if broken:
            raise RunError(
                f"{broken} of {len(table)} {split} rows have a NaN or infinite {model.family} score; lower --model.lr."
            )
        found[split] = {model.family: dict(zip(scorer.names, table.T, strict=True))}
    return found
