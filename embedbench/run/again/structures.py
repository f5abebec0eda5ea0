"""Finished runs used again for what their embeddings of the test rows say: clusters and nearest neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lightning.pytorch import LightningModule
from torch import Tensor

from embedbench.collect import collect
from embedbench.errors import RunError, UsageError
from embedbench.evaluation.common_structure import Structure, compared_rows, structure
from embedbench.evaluation.rows import Rows
from embedbench.paradigms.clustering.clusterer import Clusterer
from embedbench.results.record import Result
from embedbench.results.table.summary import SummaryTable
from embedbench.results.table.table_rows import Row
from embedbench.results.table.variants import fold_of
from embedbench.run.again.restored import Reused, check_rows, restore
from embedbench.run.quiet import quiet_lightning
from embedbench.run.scoring import embed_splits
from embedbench.run.store.embedding_cache import EmbeddingCache
from embedbench.types import SPLITS, Batch, Embedded

_HERE = ["--trainer.devices=1", "--trainer.num_nodes=1", "--trainer.strategy=auto"]  # whatever trained it
_CHOSEN = "clustering/k"  # by silhouettes, of rows without classes


@dataclass
class Structures:
    """What the models of one data set say of its test rows.

    Attributes:
        runs: Fold (``None`` without folds) and structure of each run, by model.
        clusters: How many k-means looked for.
        rows: How many rows are compared.
        test_rows: How many there are in a test split, at most.
        own: Models whose clusters are their own, and not those of k-means.
        left_out: One sentence for each model or run that takes no part.
    """

    runs: dict[str, list[tuple[int | None, Structure]]] = field(default_factory=dict)
    clusters: int = 0
    rows: int = 0
    test_rows: int = 0
    own: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class _Run(NamedTuple):
    """A run with its folder."""

    result: Result
    folder: Path


@quiet_lightning()
def structures(table: SummaryTable, folders: Mapping[int, Path], clusters: int | None) -> Structures:
    """The structures of all finished runs of one data set, by the embeddings that are kept of them or made again.

    Args:
        table: Of the data set.
        folders: Of each run, by the identity of its result.
        clusters: How many k-means looks for; ``None``: as many as the test rows have classes, else the number that most
            runs found (of equally frequent ones the smallest).

    Raises:
        UsageError: If the number of clusters isn't given and no run says it, or if there are no more rows.
    """
    found = Structures()
    for row in table.rows:
        finished = [one.result for one in row.runs if one.counts and one.result.status == "finished"]
        if why := _no_part(row, finished):
            found.left_out.append(f"{row.label} ({why})")
            continue
        for result in finished:
            run = _Run(result, folders[id(result)])
            try:
                restored = _restored(run)
            except (UsageError, RunError) as error:
                found.left_out.append(f"{run.folder}: {error}")
                continue
            if restored.model.constant:
                found.left_out.append(f"{row.label} (embeds all rows alike)")
                break
            found.clusters = found.clusters or _fewer(clusters, restored, table) or _count(restored, table)
            _add(found, row.label, result, restored)
    return found


def _no_part(row: Row, finished: list[Result]) -> str | None:
    """Why a model can't be compared, whatever its rows."""
    if not finished:
        return "no run has finished"
    if row.sees_labels:
        return "sees the labels"
    return "vectors made elsewhere, which are not kept" if row.paradigm == "external" else None


def _restored(run: _Run) -> Reused:
    """A run with its rows.

    Raises:
        UsageError: If its data aren't what they were, or as `restore` does.
    """
    restored = restore(run.folder, _HERE)
    check_rows(restored)
    known, now = run.result.dataset_fingerprint, restored.parts.data.fingerprint
    if known != now:
        raise UsageError(f"its data have changed since it ran (fingerprint {known}, now {now}); run it again.")
    return restored


def _fewer(clusters: int | None, restored: Reused, table: SummaryTable) -> int | None:
    """The number asked for: of as many clusters as rows all models agree."""
    rows = restored.parts.data.rows["test"]
    if clusters is not None and clusters >= rows:
        raise UsageError(f"--clusters must be below the {rows} test rows of {table.name}, got {clusters}; lower it.")
    return clusters


def _count(restored: Reused, table: SummaryTable) -> int:
    """How many clusters to look for: the classes of the test rows, else what most runs chose by silhouettes."""
    data = restored.parts.data
    label = data.targets("test")
    if label is not None and data.spec.target == "classes":
        return len(np.unique(label.numpy()))
    chosen = Counter(map(int, _values(table, _CHOSEN)))
    if not chosen:
        raise UsageError(
            f"the rows of {table.name} have no classes, and no run has the metric {_CHOSEN}; say how many clusters to "
            "look for, such as --clusters 5."
        )
    return min(chosen, key=lambda k: (-chosen[k], k))


def _values(table: SummaryTable, name: str) -> Iterable[float]:
    results = [run.result for row in table.rows for run in row.runs if run.counts]
    return [value for one in results if (value := one.metrics.get("test", {}).get(name)) is not None]


def _add(found: Structures, label: str, result: Result, restored: Reused) -> None:
    """Adds what one run says of its test rows."""
    data, model, suite = restored.parts.data, restored.model, restored.parts.suite
    keeper = EmbeddingCache(restored.trainer, model, data, restored.parts.config["model"])
    known = keeper.read(restored.folder)
    embedded = embed_splits(restored.trainer, model, data, known, again=True)
    keeper.write({split: z for split, z in embedded.items() if split not in known})
    z, own = embedded["test"], _own_clusters(restored)
    compared = compared_rows(len(z))
    rows = Rows(z[compared].numpy(), clusters=None if own is None else own[compared].numpy())
    one = structure(rows, found.clusters, suite.protocol.kmeans_restarts, result.seed, suite.distance)
    found.runs.setdefault(label, []).append((fold_of(result), one))
    found.rows, found.test_rows = max(found.rows, len(compared)), max(found.test_rows, len(z))
    if own is not None and label not in found.own:
        found.own.append(label)


class _Clusters(LightningModule):
    """Predicts the cluster of each row."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def predict_step(self, batch: Batch, *_: Any) -> Embedded:
        batch = batch.filled()
        return Embedded(self.model.clusters(batch.x)[:, None], batch.index)


def _own_clusters(restored: Reused) -> Tensor | None:
    """The model's own clusters of the test rows, int64 ``(rows,)``, if it gives any."""
    if not isinstance(restored.model, Clusterer):
        return None
    data, trainer = restored.parts.data, restored.trainer
    loader = data.predict_dataloader()[SPLITS.index("test")]
    batches: Any = trainer.predict(_Clusters(restored.model), dataloaders=loader)
    return collect(batches, data.rows["test"], trainer.strategy.root_device)[:, 0]
