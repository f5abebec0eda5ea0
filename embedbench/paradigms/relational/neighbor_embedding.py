"""Neighbour embedding."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from embedbench.arguments.hints import ClosedUnitInterval, NonNegativeFloat, PositiveFloat, PositiveInt, Range
from embedbench.errors import UsageError
from embedbench.functional.fuzzy_graph import apart, edges, memberships, sample_ends
from embedbench.functional.neighbor_loss import Positives, both_ways, curve, infonce, umap
from embedbench.functional.noise import row_uniform
from embedbench.neighbors.search import search
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.paradigms.neighbor_count import neighbor_count
from embedbench.paradigms.row_graph import row_graph
from embedbench.types import Batch, DataSpec

_NEIGHBORS = 15
_HELD_OUT = 512  # train rows that stand for all of them where validation rows are pushed away


class NeighborEmbedding(Learned):
    """Rows that are neighbours in the input stay neighbours, and others go apart: UMAP by an encoder.

    The train rows' fuzzy graph of nearest neighbours is UMAP's (McInnes et al., 2018). In each step every row of the
    batch meets one neighbour, drawn by the weights of its edges; all other rows of the batch and their neighbours are
    what it is pushed from. Since an encoder learns it, rows that nobody has seen embed too (Sainburg et al., 2021).

    The encoder sees rows less the train rows' mean, over their standard deviation as a whole, and in training moved
    towards a neighbour: a row stands for what lies between them, which few rows alone would leave open (so SMOTE
    fills the space between rows: Chawla et al., 2002).

    Validation rows are drawn to one of their nearest train rows, the same each time, and pushed from some train rows.

    Args:
        spec: Of images or tables.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``.
        loss: "umap", cross-entropy with negative sampling, or "infonce", InfoNC-t-SNE (Damrich et al., 2023).
        neighbors: Nearest rows of each one, itself among them, as umap-learn counts; in [2, train rows − 1]; 15 unless
            given, or fewer for fewer rows.
        min_dist: Of "umap": up to this latent distance rows are as near as can be; 0 or more, below 3 ``spread``.
        spread: Of "umap": latent distance on which nearness falls beyond that, above 0.
        negatives: Of "umap": rows that each pair is pushed from count as so many, 1 or more.
        interpolation: How far rows move towards a neighbour in training, at most, as a share of the way, in [0, 1].
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range.
    """

    kind = "relational"
    needs_arrays = True
    float64 = True  # of the weights of edges, summed up
    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: EncoderFactory | None = None,
        loss: Literal["umap", "infonce"] = "umap",
        neighbors: Annotated[int, Range(ge=2)] | None = None,
        min_dist: NonNegativeFloat = 0.1,
        spread: PositiveFloat = 1.0,
        negatives: PositiveInt = 5,
        interpolation: ClosedUnitInterval = 0.5,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        neighbors, few = neighbor_count(neighbors, _NEIGHBORS, 2, spec)
        if neighbors >= spec.n_rows:
            raise UsageError(
                f"`neighbors` must be in [2, {spec.n_rows - 1}] for {spec.n_rows} train rows, itself among them, got "
                f"{neighbors}; lower it or give more rows."
            )
        if min_dist >= 3 * spread:
            raise UsageError(f"`min_dist` must be below 3 `spread`, got {min_dist} and {spread}; 0.1 and 1 are usual.")
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.notes += few
        self.loss, self.neighbors, self.negatives, self.interpolation = loss, neighbors, negatives, interpolation
        self.kernel = curve(min_dist, spread)
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.register_buffer("mean", torch.zeros(spec.shape))
        self.register_buffer("scale", torch.ones(()))

    def prepare_fit(self, rows: FitRows) -> None:
        """Finds the neighbours of train and validation rows among the train rows; none is part of the model's state."""
        x = rows.train.x
        self.mean.copy_(x.mean(0))
        self.scale.fill_(float(x.std()) or 1.0)
        points, held = x.flatten(1).numpy(), rows.val.x.flatten(1).numpy()
        graph, notes = row_graph(points, self.neighbors, "train rows")
        self.notes += notes
        near = search(points, held, self.neighbors - 1)
        weight = memberships(np.pad(apart(held, points, near), ((0, 0), (1, 0))))[:, 1:]  # each is its own nearest
        begin = np.arange(len(held) + 1) * near.shape[1]
        between = sparse.csr_array((weight.ravel(), near.ravel(), begin), shape=(len(held), len(points)))
        some = torch.linspace(0, len(points) - 1, min(len(points), _HELD_OUT)).long()
        self._rows, self._some = x.to(self.device), some.to(self.device)
        self._train, self._val = edges(graph).to(self.device), edges(between).to(self.device)

    def configure_optimizers(self) -> Any:
        """The common optimiser, with a rate that falls linearly to 0 over the budget, as umap-learn's does."""
        optimizer = super().configure_optimizers()
        steps = float(self.trainer.estimated_stepping_batches)  # infinite without a budget: the rate stays
        falling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1 - step / steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": falling, "interval": "step"}}

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Attraction and repulsion, or the contrast, in nats."""
        pairs = self._within(batch) if self.training else self._held_out(batch)
        if self.loss == "infonce":
            return {"contrast": infonce(pairs)}
        return dict(zip(("attraction", "repulsion"), umap(pairs, self.kernel, self.negatives), strict=True))

    def embed(self, x: Tensor) -> Tensor:
        """The coordinates, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder((x - self.mean) / self.scale))  # type: ignore[no-any-return]

    def _within(self, batch: Batch) -> Positives:
        """Each row and a neighbour of it, both ways; the batch and these neighbours are the others."""
        near = self._neighbor(batch.index)
        number, positive = torch.cat([batch.index, near]), torch.cat([near, batch.index])  # (2 batch,)
        x = torch.cat([batch.x, self._rows[near]])
        if self.interpolation:
            share = self.interpolation * torch.rand(len(x), *[1] * (x.ndim - 1), dtype=x.dtype, device=x.device)
            x = x.lerp(self._rows[self._neighbor(number)], share)
        return both_ways(self.embed(x), number, positive)

    def _neighbor(self, rows: Tensor) -> Tensor:
        """A neighbour of each train row, by chance, ``(batch,)``."""
        return sample_ends(self._train, rows, torch.rand(len(rows), dtype=torch.float64, device=rows.device))

    def _held_out(self, batch: Batch) -> Positives:
        near = sample_ends(self._val, batch.index, row_uniform(batch.index, range(1), 1, seed=0)[0, :, 0])
        blocks = [batch.x, self._rows[near], self._rows[self._some]]
        z, positive, others = torch.split(self.embed(torch.cat(blocks)), [len(block) for block in blocks])
        return Positives(z, positive, others, near[:, None] != self._some)
