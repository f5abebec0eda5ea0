"""Models that are solved and not descended: from sums over rows, or from all rows at once."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from embedbench.errors import RunError
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.fit_rows import FitRows
from embedbench.types import Batch, DataSpec


class Solved(Paradigm):
    """Solved in one pass over the train rows, without a gradient; every rank comes to the same solution.

    The solution lives in parameters, since DDP refuses a module without one; optimisation is manual and does nothing.
    Write a ``ClosedForm`` if sums over rows are enough, else a ``FullBatch``.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
    """

    fitting = "one_pass"

    def __init__(self, spec: DataSpec, latent_dim: int | None) -> None:
        super().__init__(spec, latent_dim)
        self.automatic_optimization = False

    def configure_optimizers(self) -> Any:
        """None to configure."""
        return []


class FullBatch(Solved):
    """Solved from all train rows at once, which every rank looks at.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
    """

    @abstractmethod
    def prepare_fit(self, rows: FitRows) -> None:
        """Sets the parameters."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int:
        """Ends the epoch that Lightning wants before its first step."""
        return -1

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Never called."""


class ClosedForm(Solved):
    """Sufficient statistics summed over batches and ranks, then ``solve``: exact at any batch size, no row held twice.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
        shapes: Shape of each statistic by name.
    """

    def __init__(self, spec: DataSpec, latent_dim: int | None, shapes: dict[str, tuple[int, ...]]) -> None:
        super().__init__(spec, latent_dim)
        self.sums = Sums({"count": (), "index_sum": (), "index_square": (), **shapes})
        self._position = 0

    @abstractmethod
    def statistics(self, x: Tensor, index: Tensor) -> dict[str, Tensor]:
        """What the rows ``(batch, features)``, float64, with these numbers ``(batch,)`` add to each statistic."""

    @abstractmethod
    def solve(self, sums: dict[str, Tensor]) -> None:
        """Sets the parameters from the sums over all rows (``count`` of them)."""

    def accumulate(self, x: Tensor, index: Tensor) -> None:
        """Adds rows ``(batch, *shape)`` with their numbers ``(batch,)`` to the sums."""
        rows, numbers = x.flatten(1).double(), index.double()
        counts = {"count": numbers.new_tensor(len(rows)), "index_sum": numbers.sum(), "index_square": numbers @ numbers}
        self.sums.update({**counts, **self.statistics(rows, index)})

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """Adds one batch, but for the rows that a distributed sampler repeated to fill the last one.

        Such a sampler deals row p of its order to rank p mod ranks and repeats rows behind the end.
        """
        if batch_idx == 0:
            self._position = 0
            self.sums.reset()
        places = self._position + torch.arange(len(batch.index), device=batch.index.device)
        self._position += len(batch.index)
        own = places * self.trainer.world_size + self.trainer.global_rank < self.spec.n_rows
        self.accumulate(batch.x[own], batch.index[own])

    def on_train_epoch_end(self) -> None:
        """Solves, once it is certain that each row was counted once."""
        sums = self.sums.in_shape()
        n = self.spec.n_rows
        wanted = (n, n * (n - 1) // 2, (n - 1) * n * (2 * n - 1) // 6)
        got = tuple(round(float(sums[name])) for name in ("count", "index_sum", "index_square"))
        # The squares exceed float64's exact integers for millions of rows: compare within its rounding.
        if any(abs(g - w) > 1e-9 * max(w, 1) for g, w in zip(got, wanted, strict=True)):
            raise RunError(f"the ranks counted {got[0]} of {n} train rows, or some twice; use Lightning's own sampler.")
        self.solve(sums)


class Sums(Metric):
    """Named running sums in float64; torchmetrics adds them over ranks.

    They can't be module buffers: DDP overwrites those with rank 0's at every forward.

    Args:
        shapes: Shape of each sum by name.
    """

    full_state_update = False

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.names, self.shapes = tuple(shapes), shapes
        for name, shape in shapes.items():
            self.add_state(name, torch.zeros(shape, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, parts: dict[str, Tensor]) -> None:
        """Adds one batch's parts."""
        for name in self.names:
            setattr(self, name, getattr(self, name) + parts[name])

    def compute(self) -> dict[str, Tensor]:
        """The sums over all batches and ranks."""
        return {name: getattr(self, name) for name in self.names}

    def in_shape(self) -> dict[str, Tensor]:
        """As ``compute``, each in its own shape, from which torchmetrics takes all axes where there is one number."""
        return {name: value.reshape(self.shapes[name]) for name, value in self.compute().items()}
