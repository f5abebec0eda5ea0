"""Validation rows dealt out to ranks such that no loss depends on how many ranks there are."""

from __future__ import annotations

from collections.abc import Iterator, Sized

from torch.utils.data import DistributedSampler


class WholeBatches(DistributedSampler[int]):
    """All rows in order, dealt out by whole batches, each of the rows that it has in one process.

    A loss that relates the rows of a batch to each other thus has the values that it has in one process. Batch b goes
    to rank b mod ranks. As all ranks have to take as many steps, some repeat the last batch at their end: see `number`.
    It is a sampler for several processes also where there is one, so that Lightning leaves it in its place.

    Args:
        dataset: What is sampled.
        batch_size: Rows of a batch; the last one may have fewer.
        ranks: Number of processes.
        rank: Number of this one.
    """

    def __init__(self, dataset: Sized, batch_size: int, ranks: int, rank: int) -> None:
        super().__init__(dataset, ranks, rank, shuffle=False)  # type: ignore[arg-type]  # asked for its length alone
        self._rows, self._size = len(dataset), batch_size
        self._batches = -(-self._rows // batch_size)
        steps = -(-self._batches // ranks)
        self._taken = [min(step * ranks + rank, self._batches - 1) for step in range(steps)]

    def number(self, step: int) -> int | None:
        """Which batch this rank's step is of, counted over all ranks; ``None`` of a repeated one."""
        number = step * self.num_replicas + self.rank
        return number if number < self._batches else None

    def __iter__(self) -> Iterator[int]:
        """Places of this rank's rows, batch after batch."""
        for batch in self._taken:
            yield from self._places(batch)

    def __len__(self) -> int:
        """Rows of this rank."""
        return sum(len(self._places(batch)) for batch in self._taken)

    def _places(self, batch: int) -> range:
        return range(batch * self._size, min((batch + 1) * self._size, self._rows))
