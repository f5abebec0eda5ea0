"""Models of texts that are solved from all train rows at once."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from embedbench.errors import RunError
from embedbench.paradigms.base import Paradigm
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import Batch, DataSpec

Row = tuple[int, NDArray[np.int32]]


class CorpusModel(Paradigm):
    """Gathers the token ids of all train rows on every rank, in the order of the split, then ``solve``.

    The solution is the same on every rank; it lives in parameters, since DDP refuses a module without one.

    Args:
        spec: Of texts that were read.
        latent_dim: Size of the embedding.
    """

    fitting = "one_pass"

    def __init__(self, spec: DataSpec, latent_dim: int) -> None:
        super().__init__(spec, latent_dim)
        self.automatic_optimization = False
        self.vocabulary = Vocabulary(spec.vocabulary)
        self._seen: list[Row] = []

    @abstractmethod
    def solve(self, ids: NDArray[np.int32], starts: NDArray[np.int64]) -> None:
        """Sets the parameters.

        Args:
            ids: Token ids of all train rows, one after the other, ``(all tokens,)``.
            starts: Where each row begins, and the end of the last, ``(rows + 1,)``.
        """

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Keeps the batch's rows, without their padding."""
        x = batch.x.to("cpu", torch.int32)
        self._seen += [
            (number, row[row != self.vocabulary.pad].numpy())
            for number, row in zip(batch.index.tolist(), x, strict=True)
        ]

    def on_train_epoch_end(self) -> None:
        """Gathers and solves, once it is certain that each row is there."""
        parts: list[list[Row]] = [self._seen]
        if self.trainer.world_size > 1:
            parts = [[] for _ in range(self.trainer.world_size)]
            torch.distributed.all_gather_object(parts, self._seen)
        self._seen = []
        rows = {number: ids for part in parts for number, ids in part}  # what a sampler repeated falls together
        if len(rows) != self.spec.n_rows:
            raise RunError(f"the ranks saw {len(rows)} of {self.spec.n_rows} train rows; use Lightning's own sampler.")
        ordered = [rows[number] for number in range(self.spec.n_rows)]
        starts = np.cumsum([0, *map(len, ordered)], dtype=np.int64)
        self.solve(np.concatenate(ordered), starts)

    def configure_optimizers(self) -> Any:
        """None to configure."""
        return []
