"""The rows that a fit is watched by: validation rows as queries, train rows as their gallery, always the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from numpy.typing import NDArray
from torch import Tensor

from embedbench.collect import collect
from embedbench.data.base import EmbeddingDataModule
from embedbench.data.splits.stratified import stratified_sample
from embedbench.errors import RunError, UsageError
from embedbench.evaluation.rows import Rows
from embedbench.types import Embedded, Split

Sample = dict[Split, Tensor]
_SHARE, _LEAST, _MOST, _QUERIES = 30, 400, 2000, 4


def draw_sample(data: EmbeddingDataModule, every: int, neighbors: int) -> Sample:
    """Row numbers of train (the gallery) and val (the queries), sorted, int64; drawn by class, always the same.

    There are a thirtieth of the train rows that are seen between two looks: of N epochs, N × train rows / 30, at least
    400 and at most 2,000. A quarter are queries. To embed rows costs about a third of a step with them, so that it
    takes a 90th of the fit, wherever the bounds aren't met.

    Args:
        data: Whose rows.
        every: Epochs between two looks, N.
        neighbors: Least size of the gallery.

    Raises:
        UsageError: If there are no validation rows.
    """
    rows = data.rows
    if not rows["val"]:
        raise UsageError("--evaluate_every scores validation rows, but the data have none; leave it out or add some.")
    total = min(_MOST, max(_LEAST, every * rows["train"] // _SHARE))
    queries = min(rows["val"], total // _QUERIES)
    gallery = min(rows["train"], max(neighbors, total - total // _QUERIES))
    return {"train": _drawn(data, "train", gallery), "val": _drawn(data, "val", queries)}


def _drawn(data: EmbeddingDataModule, split: Split, n: int) -> Tensor:
    target = data.targets(split)
    label = None if target is None or data.spec.target != "classes" else target.numpy()
    rows = stratified_sample(label, data.rows[split], n, np.random.default_rng(0))
    if label is not None and len(set(label[rows])) == 1 < len(set(label)):
        # So few rows of so rare a class: a gallery of one class has nothing to tell apart.
        rows[-1] = np.flatnonzero(label != label[rows[0]])[0]
    return torch.from_numpy(np.sort(rows))


def embed_rows(
    trainer: Trainer, model: LightningModule, data: EmbeddingDataModule, split: Split, rows: Tensor
) -> Tensor:
    """Embeddings ``(len(rows), dim)`` on the CPU, the same on every rank: each embeds its part; all have to call it.

    Raises:
        RunError: If a row has a NaN or infinite embedding; on every rank.
    """
    ours = rows[trainer.global_rank :: trainer.world_size]
    parts = []
    with _resting(model), torch.no_grad(), trainer.precision_plugin.forward_context():
        for batch in data.some(split, ours if len(ours) else rows[:1]):
            moved = trainer.strategy.batch_to_device(trainer.precision_plugin.convert_input(batch))
            found: Embedded = model.predict_step(moved, 0)
            parts.append(Embedded(found.z, torch.searchsorted(rows, found.index.cpu())))
    z = collect(parts, len(rows), trainer.strategy.root_device)
    broken = int((~z.isfinite()).any(1).sum())
    if broken:
        raise RunError(f"{broken} of {len(z)} sampled {split} rows have a NaN or infinite embedding; lower --model.lr.")
    return z


def space_rows(data: EmbeddingDataModule, split: Split, rows: Tensor, z: NDArray[Any], *, inputs: bool) -> Rows:
    """What the suite scores: the rows' embedding ``(len(rows), dim)``, labels and, if wanted, their input space."""
    label, relations = data.targets(split), data.relations(split)
    known = None if label is None else label[rows].numpy()
    if not inputs:
        return Rows(z, known)
    if relations is not None:
        return Rows(z, known, relations=relations[rows][:, rows].numpy())
    if data.spec.modality != "text":
        return Rows(z, known, x=data.tensors(split)[0][rows].flatten(1).numpy())
    words = data.tfidf(split)
    return Rows(z, known, x=None if words is None else words[rows.numpy()])


@contextmanager
def _resting(model: LightningModule) -> Iterator[None]:
    """Evaluation mode; afterwards each part is in the mode that it was in, for some never train."""
    modes = {part: part.training for part in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode
