"""A split that hands out whole batches by one tensor index each, on a standard DataLoader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from embedbench.types import Batch


class SlicedDataset(Dataset[Batch]):
    """The rows of one split, in memory.

    ``__getitems__`` is what torch's DataLoader calls, where it exists, with the row numbers of a whole batch.

    Args:
        x: Input, float32, ``(rows, *shape)``.
        label: Class number (int64) or real target (float), ``(rows,)``, or several labels a row, ``(rows, classes)``;
            ``None`` without labels.
    """

    def __init__(self, x: Tensor, label: Tensor | None) -> None:
        self.x = x
        self.label = label

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.x)

    def __getitem__(self, index: int) -> Batch:
        """One row without the batch axis."""
        return Batch(self.x[index], None if self.label is None else self.label[index], torch.tensor(index))

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """The rows of these numbers as one batch, in the order given; always a copy, so a model may write into it."""
        index = torch.tensor(indices, dtype=torch.int64)  # (batch,)
        x = self.x.index_select(0, index)  # (batch, *shape)
        label = None if self.label is None else self.label.index_select(0, index)  # (batch, ...)
        return Batch(x, label, index)


def loader(
    dataset: Dataset[Batch],
    batch_size: int,
    *,
    shuffle: bool = False,
    sampler: Sampler[int] | None = None,
    num_workers: int,
) -> DataLoader[Batch]:
    """A standard DataLoader of whole batches: Lightning can replace its sampler; the last, short batch is kept."""
    return DataLoader(
        dataset, batch_size=batch_size, shuffle=shuffle, sampler=sampler, num_workers=num_workers, collate_fn=_as_is
    )


def _as_is(batch: object) -> Batch:
    """The batch unchanged: ``__getitems__`` has built it whole."""
    return cast(Batch, batch)
