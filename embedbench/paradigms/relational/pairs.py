"""Which rows a step compares with which, how far they are apart in the input, and how much each pair counts."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from embedbench.paradigms.relational.pairwise import Distance, distances
from embedbench.types import Batch


class Pairs(NamedTuple):
    """Pairs of the rows of a batch with other rows.

    Attributes:
        x: Rows that each row of the batch is compared with, ``(others, *shape)``; ``None``: the batch itself.
        near: One near row of each row of the batch, ``(batch, *shape)``; ``None`` where ``x`` holds all pairs.
        distance: Input distances, row by row to ``x``, then to ``near``, ``(pairs,)``.
        weight: How much each pair counts, ``(pairs,)``.
    """

    x: Tensor | None
    near: Tensor | None
    distance: Tensor
    weight: Tensor


class Partners(NamedTuple):
    """The rows that the rows of a split are compared with.

    Attributes:
        x: ``(partners, *shape)``.
        number: Their numbers in the split, −1 for rows of another one, ``(partners,)``.
        table: Input distances, ``(rows, partners)``; ``None``: measured when they are asked for.
        kind: How they are measured.
    """

    x: Tensor
    number: Tensor
    table: Tensor | None = None
    kind: Distance = "euclidean"

    def to(self, device: torch.device) -> Partners:
        """The same on another device."""
        table = None if self.table is None else self.table.to(device)
        return Partners(self.x.to(device), self.number.to(device), table, self.kind)

    def chosen(self, batch: Batch, places: Tensor) -> tuple[Tensor, Tensor]:
        """Distances of the batch's rows to some partners, and which of these are other rows, ``(batch, places)``."""
        other = self.number[places] != batch.index[:, None]
        if self.table is not None:
            return self.table[batch.index[:, None], places], other
        return distances(batch.x, self.x[places], self.kind), other

    def every(self, batch: Batch, whole: bool = False) -> Pairs:
        """Each row of the batch with every partner but itself, all counting alike.

        Args:
            batch: Rows of the split.
            whole: Whether these are the partners themselves, in any order, so that none need be embedded twice.
        """
        places = batch.index if whole else torch.arange(len(self.x), device=batch.index.device)
        distance, other = self.chosen(batch, places)
        weight = other / other.sum().clamp(min=1)
        return Pairs(None if whole else self.x, None, distance.flatten(), weight.flatten())

    def scale(self) -> float:
        """Mean input distance, of many rows to some; 1 if all are equal."""
        found = distances(self.x, self.x[some(len(self.x), 256)], self.kind) if self.table is None else self.table
        return float(found.mean(dtype=torch.float64)) or 1.0


class Neighborhoods(NamedTuple):
    """Partners of the train rows, of whom the nearest of each row are known, so that near and far are drawn apart.

    Attributes:
        partners: All train rows in their order, or landmarks among them.
        near: Places of each row's k nearest partners, ``(rows, k)``.
        distance: How far these are, ``(rows, k)``.
    """

    partners: Partners
    near: Tensor
    distance: Tensor

    def to(self, device: torch.device) -> Neighborhoods:
        """The same on another device."""
        return Neighborhoods(self.partners.to(device), self.near.to(device), self.distance.to(device))

    def drawn(self, batch: Batch) -> Pairs:
        """Pairs drawn such that any sum over them, weighted, has the mean over all pairs as its expectation.

        Where all rows are partners, each row of the batch meets the others of it, else as many partners as the batch
        has rows, drawn anew; rows near to it are left out of these. Instead it meets one of its k nearest, drawn anew:
        near pairs, few among many, are in each step, and count for as many as there are. Nothing is drawn if the batch
        holds all rows, or as many as there are partners.
        """
        rows, size, everyone = len(self.near), len(batch.index), len(self.partners.x)
        among = everyone == rows
        if size >= everyone:
            return self.partners.every(batch, whole=among and size == rows)
        places = batch.index if among else torch.randperm(everyone, device=batch.index.device)[:size]
        distance, other = self.partners.chosen(batch, places)  # (batch, places)
        near = self.near[batch.index]  # (batch, k)
        far = other & ~(near[:, :, None] == places).any(1)  # (batch, places)
        chance = max(size - 1, 1) / (rows - 1) if among else size / everyone  # of a partner to be met
        weight = torch.cat([far.flatten() / chance, distance.new_full((size,), near.shape[1])])
        draw = torch.randint(near.shape[1], (size, 1), device=near.device)
        steps = self.distance[batch.index].gather(1, draw)[:, 0]  # (batch,)
        return Pairs(
            None if among else self.partners.x[places],
            self.partners.x[near.gather(1, draw)[:, 0]],
            torch.cat([distance.flatten(), steps]),
            weight / (size * (everyone - everyone / rows)),  # the partners of a row, itself not counted, on average
        )


def neighborhoods(partners: Partners, k: int) -> Neighborhoods:
    """Finds the k nearest partners of each row in the table of their distances."""
    assert partners.table is not None
    rows = torch.arange(len(partners.table))
    itself = partners.number == rows[:, None]  # (rows, partners)
    distance, near = partners.table.masked_fill(itself, torch.inf).topk(k, largest=False)
    return Neighborhoods(partners, near, distance)


def some(rows: int, count: int) -> Tensor:
    """At most so many row numbers, drawn without replacement and sorted: the same at each call."""
    return torch.randperm(rows, generator=torch.Generator().manual_seed(0))[:count].sort().values
