"""What a model says of single rows, its scores and its clusters, gathered from all ranks as embeddings are."""

from __future__ import annotations

from typing import Any, NamedTuple

from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, stack

from embedbench.collect import collect
from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import RunError
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.clustering.clusterer import Clusterer
from embedbench.paradigms.row_scorer import RowScorer
from embedbench.types import SPLITS, Batch, Embedded, Split


class RowOutputs(NamedTuple):
    """What a model says of the rows of one split, in its order.

    Attributes:
        scores: By metric family and name, float64 ``(rows,)`` each.
        clusters: The rows' clusters by number, int64 ``(rows,)``, of a model that gives any.
    """

    scores: dict[str, dict[str, Tensor]]
    clusters: Tensor | None


NOTHING = RowOutputs({}, None)
RowScores = dict[Split, RowOutputs]


class Scoring(LightningModule):
    """Predicts a column for each thing that a model says of a row, its cluster the last.

    Args:
        model: A paradigm.
        suite: Says what is wanted, and gives the number of samples and their seed.

    Attributes:
        scorer: The model, if it is to score rows.
        clusterer: The model, if it is to give clusters.
        names: Of the scores, after the first batch.
    """

    def __init__(self, model: Paradigm, suite: Suite) -> None:
        super().__init__()
        self.model, self.suite = model, suite  # as a submodule, so that it goes to the Trainer's device
        self.names: tuple[str, ...] = ()
        self.scorer = model if isinstance(model, RowScorer) and suite.wants(model.family) else None
        wanted = isinstance(model, Clusterer) and suite.wants("clustering") and model.spec.target == "classes"
        self.clusterer = model if isinstance(model, Clusterer) and wanted else None

    def predict_step(self, batch: Batch, *_: Any) -> Embedded:
        """What is said of one batch, float64 ``(batch, columns)``."""
        batch = batch.filled()
        columns: list[Tensor] = []
        if self.scorer is not None:
            samples, seed = self.suite.importance_samples, self.suite.protocol.seed
            found = self.scorer.row_scores(batch.x, batch.index, samples, seed)
            self.names = tuple(found)
            columns += found.values()
        if self.clusterer is not None:
            columns.append(self.clusterer.clusters(batch.x).double())
        return Embedded(stack(columns, dim=1), batch.index)


def score_rows(trainer: Trainer, model: Paradigm, data: EmbeddingDataModule, suite: Suite) -> RowScores:
    """What the model says of the val and test rows, by split.

    Every rank has to call it. Empty for models that say nothing, and for a suite that doesn't want to know.

    Raises:
        RunError: If a row has a score that is NaN or infinite.
    """
    scorer = Scoring(model, suite)
    if scorer.scorer is None and scorer.clusterer is None:
        return {}
    scored = SPLITS[1:]
    loaders = [data.predict_dataloader()[SPLITS.index(split)] for split in scored]
    parts: Any = trainer.predict(scorer, dataloaders=loaders)
    found: RowScores = {}
    for split, batches in zip(scored, parts, strict=True):
        table = collect(batches, data.rows[split], trainer.strategy.root_device)  # (rows, columns)
        clusters = None if scorer.clusterer is None else table[:, -1].long()
        if scorer.scorer is None:
            found[split] = RowOutputs({}, clusters)
            continue
        family = scorer.scorer.family
        broken = int((~table.isfinite()).any(1).sum())
        if broken:
            raise RunError(
                f"{broken} of {len(table)} {split} rows have a NaN or infinite {family} score; lower --model.lr."
            )
        found[split] = RowOutputs({family: dict(zip(scorer.names, table.T, strict=False))}, clusters)
    return found


def score_notes(model: Paradigm, said: RowScores, suite: Suite) -> list[str]:
    """What a reader of the scores should know of the model, one sentence each."""
    notes = model.cluster_notes() if isinstance(model, Clusterer) else []
    tests = said.get("test", NOTHING)
    if tests.clusters is not None:
        notes.append("clustering/* scores the model's own clusters, not those of k-means")
    if tests.scores and isinstance(model, RowScorer):
        notes += model.remarks(suite.importance_samples)
    return notes
