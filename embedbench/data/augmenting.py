"""The part of a data set that gives models views of its train rows, on the device."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from embedbench.data.augmentation import ViewedData, Views, fresh, of_numbers
from embedbench.types import Batch


class Augmenting(LightningDataModule):
    """Views of train rows for models that learn by gradient steps.

    Attributes:
        views: What is done to the rows; nothing unless set.
        flip: Of images: whether a mirror image shows the same.
    """

    views: Views | None = None
    flip: bool
    _others: Tensor | None = None

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Augments train batches of a fit by gradient steps, where asked, on the device; all others stay.

        A model that compares two views has two, also in validation, where they follow from the rows' numbers.
        """
        trainer = self.trainer
        model = None if trainer is None else trainer.lightning_module
        if trainer is None or getattr(model, "fitting", None) != "gradient":
            return batch
        number = getattr(model, "views", 0)
        if self.views is None or not number or not (trainer.training or (number == 2 and trainer.validating)):
            return batch
        return self._viewed(self.views, batch, training=trainer.training, number=number)

    def _viewed(self, views: Views, batch: Batch, *, training: bool, number: int) -> Batch:
        """The batch with one view of each row or two."""
        rows, device, seen = len(batch.index), batch.x.device, self._seen(batch.x.device)
        draws = [fresh(rows, device)] * 2 if training else [of_numbers(batch.index, view) for view in (0, 1)]
        first, *rest = [views.of(batch.x, one, seen) for one in draws[:number]]
        return batch._replace(x=first, clean=batch.x, other=rest[0] if rest else None)

    def _seen(self, device: torch.device) -> ViewedData:
        """What views need to know; the train rows of a table stay on the device."""
        data: Any = self  # the data set that this is a part of
        if data.spec.modality == "tabular" and (self._others is None or self._others.device != device):
            self._others = data.tensors("train")[0].to(device)
        return ViewedData(data.spec, self.flip, 0 if data._read is None else data._read.pad, self._others)
