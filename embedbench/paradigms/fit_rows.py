"""The rows that a model is given before its first step: all of train and validation, on every rank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from embedbench.errors import RunError
from embedbench.types import Batch


@dataclass(frozen=True)
class SplitRows:
    """All rows of one split, the same on every rank. Nothing is read or copied until it is asked for.

    Attributes:
        loader: Batches that hold each row once, in any order.
        n_rows: Number of rows.
        arrays: All rows as one array, ``(rows, *shape)``; ``None`` of texts.
        relations: Distances that the data give for the rows, float32 ``(rows, rows)``, on the CPU, or ``None``.
        model: That asks.
    """

    loader: Iterable[Batch]
    n_rows: int
    arrays: Tensor | None
    relations: Tensor | None
    model: LightningModule

    @property
    def x(self) -> Tensor:
        """All rows in the order of the split, float32 ``(rows, *shape)``, on the CPU; they are the data's own: no copy.

        Raises:
            RunError: If they are texts, whose lengths differ.
        """
        if self.arrays is None:
            raise RunError("texts differ in length, so that they are no array; take their `batches()`.")
        return self.arrays

    def batches(self) -> Iterator[Batch]:
        """Each row once, on the model's device; texts from short to long, padded to the longest of a batch."""
        device = self.model.device
        dtype: Any = self.model.dtype  # that of the numbers which the Trainer's precision computes with
        for batch in self.loader:
            there = batch.x.to(device, dtype if batch.x.is_floating_point() else batch.x.dtype)
            label = None if batch.label is None else batch.label.to(device)
            yield Batch(there, label, batch.index.to(device))

    def embeddings(self, function: Callable[[Tensor], Tensor]) -> Tensor:
        """What a function makes of all rows, in the order of the split, ``(rows, dim)`` on the function's device.

        Without a gradient, and with the model in evaluation mode. Every rank embeds all rows, and so need not wait for
        the others.

        Args:
            function: ``(batch, *shape) -> (batch, dim)``, such as the model's own ``embed``.
        """
        table: Tensor | None = None
        with torch.no_grad(), _evaluating(self.model):
            for batch in self.batches():
                z = function(batch.x)
                # Filled in place: all rows are held once.
                table = z.new_empty(self.n_rows, *z.shape[1:]) if table is None else table
                table[batch.index.to(z.device)] = z
        assert table is not None  # a split has rows
        return table


@dataclass(frozen=True)
class FitRows:
    """What a model may look at before its first step; to keep it is to look again at any time of the fit.

    Attributes:
        train: The train rows.
        val: The validation rows.
    """

    train: SplitRows
    val: SplitRows


@contextmanager
def _evaluating(model: LightningModule) -> Iterator[None]:
    """Evaluation mode, and afterwards for each module the mode that it had."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
