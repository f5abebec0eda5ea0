"""Texts as token ids: a split of rows of different lengths, served in batches of similar ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset, DistributedSampler

from embedbench.types import Batch

_SORTED = 50  # batches whose rows are sorted by length together: little padding, and still much chance


class TokenDataset(Dataset[Batch]):
    """The rows of one split as token ids.

    Args:
        ids: Of all rows, one after the other, int32 ``(all tokens,)``.
        starts: Where each row begins, and the end of the last, int64 ``(rows + 1,)``.
        label: Class number (int64) or real target (float32), ``(rows,)``; ``None`` without labels.
        pad: Id that fills a batch up to its longest row.
        by_length: Whether rows are served from short to long; else in the order of the split.
    """

    def __init__(self, ids: Tensor, starts: Tensor, label: Tensor | None, pad: int, by_length: bool) -> None:
        self.ids, self.starts, self.label, self.pad = ids, starts, label, pad
        self.lengths = starts.diff()  # (rows,)
        self.order = self.lengths.argsort(stable=True) if by_length else torch.arange(len(self.lengths))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.lengths)

    def __getitems__(self, places: Sequence[int]) -> Batch:
        """The rows at these places as one batch."""
        index = self.order[torch.tensor(places, dtype=torch.int64)]  # (batch,)
        lengths = self.lengths[index]
        there = torch.arange(max(1, int(lengths.max()))) < lengths[:, None]  # (batch, length)
        x = torch.full(there.shape, self.pad, dtype=torch.int64)
        # Token j of a row lies j behind the row's start.
        x[there] = self.ids[(self.starts[index][:, None] + torch.arange(there.shape[1]))[there]].long()
        return Batch(x, None if self.label is None else self.label[index], index)


class Bucketed(DistributedSampler[int]):
    """All rows in a new order each epoch, rows of similar length together.

    It is a sampler for several processes also where there is one, so that Lightning leaves it in its place: of each
    common batch, sorted by length, every rank takes its share.

    Args:
        dataset: What is sampled.
        batch_size: Rows of a step on one rank.
        ranks: Number of processes.
        rank: Number of this one.
    """

    def __init__(self, dataset: TokenDataset, batch_size: int, ranks: int, rank: int) -> None:
        super().__init__(dataset, ranks, rank, shuffle=True, seed=int(os.environ.get("PL_GLOBAL_SEED", "0")))
        self._tokens, self._batch = dataset, batch_size * ranks

    def __iter__(self) -> Iterator[int]:
        """Places of this rank's rows, batch after batch."""
        chance = torch.Generator().manual_seed(self.seed + self.epoch)
        order = torch.randperm(len(self._tokens), generator=chance)
        order = torch.cat([order, order[: self.total_size - len(order)]])  # as many rows for each rank
        batches: list[Tensor] = []
        for some in torch.split(order, self._batch * _SORTED):
            batches += torch.split(some[self._tokens.lengths[some].argsort(stable=True)], self._batch)
        last = batches.pop()  # the short one stays the last
        mixed = [batches[i] for i in torch.randperm(len(batches), generator=chance).tolist()]
        return iter(torch.cat([batch[self.rank :: self.num_replicas] for batch in [*mixed, last]]).tolist())
