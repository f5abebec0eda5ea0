"""Losses on validation rows, the same for any number of processes: the weights that are kept are chosen by them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from embedbench.paradigms.base import Paradigm
from embedbench.types import Batch


class HeldOut(Paradigm):
    """A paradigm with a loss on validation rows: means over the whole batches that ranks were dealt.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding, 1 or more.
    """

    _sums: Tensor | None
    _names: tuple[str, ...]

    @abstractmethod
    def held_out(self, batch: Batch, number: int) -> tuple[dict[str, Tensor], Tensor]:
        """Mean losses of one batch of validation rows, "loss" among them, a function of its rows and number alone.

        Args:
            batch: Of validation rows.
            number: Of the batch, counted over all ranks.

        Returns:
            Scalars by name, and how much they count: the number of what they are means of.
        """

    def on_validation_epoch_start(self) -> None:
        """Begins anew."""
        self._sums = None

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Adds the losses of one batch; of a repeated one, which keeps the ranks in step, nothing."""
        sampler: Any = self.trainer.val_dataloaders.sampler  # type: ignore[union-attr]
        # Lightning puts one of its own there for overfit_batches, which several processes can't ask for.
        number: int | None = sampler.number(batch_idx) if hasattr(sampler, "number") else batch_idx
        means, count = self.held_out(batch, number or 0)
        weight = count.float() if number is not None else torch.zeros_like(count.float())
        parts = torch.stack([weight, *(weight * mean.float() for mean in means.values())])
        self._names, self._sums = tuple(means), parts if self._sums is None else self._sums + parts

    def on_validation_epoch_end(self) -> None:
        """Logs the means over all ranks.

        Not by Lightning's own mean, which divides the integer number of rows by that of the ranks and drops the rest.
        """
        sums = self.trainer.strategy.reduce(self._sums, reduce_op="sum")
        means = sums[1:] / sums[0].clamp(min=1)
        logged = {f"val/{name}": mean for name, mean in zip(self._names, means, strict=True)}
        self.log_dict(
            logged, batch_size=1, sync_dist=True
        )  # equal already: said, or Lightning warns that they may differ
