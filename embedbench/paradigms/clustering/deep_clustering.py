"""Auto-encoders whose latent is clustered: first they learn to reconstruct, then for the clusters."""

from __future__ import annotations

import math
from abc import abstractmethod
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from embedbench.encoders.base import WithDecoder
from embedbench.errors import UsageError
from embedbench.functional.augment import flip, sway
from embedbench.paradigms.clustering.clusterer import (
    Clusterer,
    Count,
    Embedding,
    choose_count,
    count_clusters,
    count_note,
    place_clusters,
    place_evenly,
    repaired_note,
)
from embedbench.paradigms.clustering.latent_layout import LatentLayout
from embedbench.paradigms.learned import Learned, WithDecoderFactory
from embedbench.types import Batch, DataSpec

_RESTARTS = 20  # of the k-means that the clusters start from, as in the sources
_EVEN_RESTARTS = 10  # of even mixtures, each of which takes as long as several k-means
_LANDING = 1 / 3  # of the first phase, at its end: the share in which latents learn their places
_PULL = 10.0  # weight of places beside the reconstruction, which pulls latents back
_SHIFT, _TURN, _ZOOM = 0.1, 15.0, 0.15  # how far images sway at most: of their sides, in degrees, of their size


class DeepClustering(Learned, Clusterer):
    """Two phases within one budget of steps: an auto-encoder's, then that of the clusters.

    Between them all ranks embed all train rows, and ``begin`` places the clusters among them; ``refresh`` sees them
    again at an interval. With ``neighbors`` the last third of the first phase teaches the encoder to put each row where
    UMAP of the latents so far puts it. With "auto" the number of clusters is that of the k-means of the latents with
    the best silhouette of validation rows; the soft assignment has 20 columns, of which those beyond it are 0. The last
    weights are scored, as in the sources: the losses of the two phases don't compare.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of the bottleneck; the data's default if not given.
        embedding: The bottleneck ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        neighbors: Nearest latents of each, itself among them, that places are laid out by; 0 for no places.
        even: Whether clusters start as parts of one size of the train rows.
        pretraining: Share of the steps that the first phase takes, above 0 and below 1.
        interval: Steps between two looks at all train rows in the second phase, 1 or more.
        scale_rows: Whether each row is divided by its root mean square on its way into the encoder.
        sway: Of images: whether training shifts, turns and zooms what the encoder sees.
        flip: Of images: whether training mirrors half of what the encoder sees.
        decay: Share of each phase, at its end, over which the learning rate falls linearly to 0, in [0, 1].
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Attributes:
        tried: Numbers of clusters to choose from; there is room for the last.
        count: Number of clusters, int64 scalar.
        bottleneck: Size of the latent.
        begun: Whether the second phase has begun.

    Raises:
        UsageError: If an argument is out of its range, or no classes are there to be counted.
    """

    kind = "clustering"
    selection = "last"
    needs_arrays = True
    encoder: WithDecoder
    count: Tensor
    unit: Tensor
    inverse: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count,
        latent_dim: int | None,
        embedding: Embedding,
        encoder: WithDecoderFactory | None,
        neighbors: int,
        even: bool,
        pretraining: float,
        interval: int,
        scale_rows: bool,
        sway: bool,
        flip: bool,
        decay: float,
        lr: float,
        weight_decay: float,
    ) -> None:
        name = type(self).__module__.rpartition(".")[2]
        tried = count_clusters(name, clusters, spec)
        _check(name, neighbors, spec.n_rows, pretraining, interval, decay)
        if (sway or flip) and spec.modality != "image":
            raise UsageError(
                f"`sway` and `flip` of {name} are for images, but the data are {spec.modality}; leave them."
            )
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.tried, self.bottleneck, self.embedding = tried, self.latent_dim, embedding
        self.latent_dim = tried[-1] if embedding == "assignment" else self.bottleneck
        self.register_buffer("count", torch.tensor(tried[-1]))
        self.register_buffer("unit", torch.eye(self.bottleneck))
        self.register_buffer("inverse", torch.eye(self.bottleneck))
        self.neighbors, self.even, self.pretraining, self.interval = neighbors, even, pretraining, interval
        self.scale_rows, self.sway, self.flip, self.decay = scale_rows, sway, flip, decay
        self.decoder = self.encoder.mirror(self.bottleneck)
        self.begun, self.repaired = False, 0
        self._first = 0
        self._layout: LatentLayout | None = None

    @abstractmethod
    def latent(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, bottleneck)``."""

    @abstractmethod
    def assign(self, z: Tensor) -> Tensor:
        """Soft assignment, ``(batch, bottleneck) -> (batch, count)``."""

    @abstractmethod
    def begin(self, z: Tensor) -> None:
        """Places the clusters among the latents of all train rows, ``(rows, bottleneck)``, on every rank alike."""

    @abstractmethod
    def refresh(self, z: Tensor) -> int:
        """Takes what the loss needs of all train rows' latents; how many empty clusters it repaired."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Looks at all train rows where it is time to."""
        end = self._boundary()
        if self.neighbors and self.global_step < end:
            self._lay_out(self._start(end), end)
        if self.global_step == end and not self.begun:
            z = self._latents(0)
            if len(self.tried) > 1:
                found = choose_count(z, self._latents(1), self.tried, _RESTARTS)
                self.count.fill_(self.trainer.strategy.broadcast(found))
            self.begin(z)
            self.begun, self._first, self._layout = True, self.global_step, None
            # The second loss has another scale than the one that the optimiser's averages are of.
            self.optimizers().optimizer.state.clear()  # type: ignore[union-attr]
        if self.begun and (self.global_step - self._first) % self.interval == 0:
            self.repaired += self.refresh(self._latents(0))

    def configure_optimizers(self) -> Any:
        """AdamW, whose learning rate falls at the end of each phase where asked: latents come to rest."""
        optimizer = super().configure_optimizers()
        if not self.decay:
            return optimizer
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def embed(self, x: Tensor) -> Tensor:
        """The bottleneck ``(batch, bottleneck)``, or the soft assignment ``(batch, clusters)``."""
        z = self.latent(x)
        if self.embedding == "latent":
            return z
        shares = self.assign(z)
        return nn.functional.pad(shares, (0, self.latent_dim - shares.shape[1]))

    def seen(self, x: Tensor) -> Tensor:
        """What the encoder sees of rows ``(batch, *shape)``: by ``scale_rows`` of mean square 1, but for rows of 0."""
        if not self.scale_rows:
            return x
        power = x.flatten(1).square().mean(1).view(-1, *[1] * (x.ndim - 1))  # (batch, 1, ...)
        return x * torch.where(power > 0, power, torch.ones_like(power)).rsqrt()

    def view(self, x: Tensor) -> Tensor:
        """Rows as training shows them to the encoder, ``(batch, *shape)`` as is ``x``; outside of it as they are."""
        if self.training and self.sway:
            x = sway(x, torch.rand(len(x), 4, device=x.device), _SHIFT, _TURN, _ZOOM)
        return flip(x, torch.rand(len(x), device=x.device)) if self.training and self.flip else x

    def clusters(self, x: Tensor) -> Tensor:
        """The likeliest cluster, int64 ``(batch,)``."""
        return self.assign(self.latent(x)).argmax(1)

    def cluster_notes(self) -> list[str]:
        """The number of clusters, the steps of the first phase, and the repairs."""
        steps = f"{self._first} of {self.global_step} steps trained the auto-encoder "
        if self.neighbors:
            last = self._first - self._start(self._first)
            steps += f"first, the last {last} towards places by the {self.neighbors} nearest latents of each row"
        else:
            steps += "alone"
        return [count_note(int(self.count), self.tried), steps, *repaired_note(self.repaired)]

    def landing_term(self, z: Tensor, batch: Batch, weight: float) -> dict[str, Tensor]:
        """How far latents are from their places, mean squared; nothing outside of training or without places.

        Args:
            z: Latents of the batch, ``(batch, bottleneck)``.
            batch: Train rows.
            weight: Of the term.
        """
        if self._layout is None or not self.training:
            return {}
        error = nn.functional.mse_loss(z, self._layout.goal[batch.index])
        return {"landing": _PULL * weight * error}

    def place(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Finds the clusters, and gives latents a spread of 1 within them, the same on every rank.

        Args:
            z: ``(rows, bottleneck)``, on every rank alike.

        Returns:
            Latents in the new unit, and the clusters' means there, ``(count, bottleneck)``.
        """
        placing, restarts = (place_evenly, _EVEN_RESTARTS) if self.even else (place_clusters, _RESTARTS)
        found = self.trainer.strategy.broadcast(placing(z, int(self.count), restarts))
        self.unit.copy_(found.unit)
        self.inverse.copy_(torch.linalg.inv(self.unit.double()))
        self.repaired += found.repaired
        return z @ self.unit, found.means

    def _lay_out(self, start: int, end: int) -> None:
        """Gives latents their places from one step on, and moves these until another."""
        if self._layout is None and self.global_step >= start:
            seed = self.trainer.strategy.broadcast(int(torch.randint(2**31 - 1, ())))
            self._layout = LatentLayout(self._latents(0), self.neighbors, seed)
            self.notes += self._layout.notes
        if self._layout is not None:
            self._layout.advance((self.global_step + 1 - start) / (end - start))

    def _rate(self, step: int) -> float:
        """Share of the learning rate at a step, 1 until it falls."""
        first, last = self._boundary(), int(self.trainer.estimated_stepping_batches)
        ends = [0, self._start(first), first, last] if self.neighbors else [0, first, last]
        begin, end = next(pair for pair in pairwise(ends) if step < pair[1] or pair[1] == last)
        return min(1.0, (end - step) / (self.decay * (end - begin)))

    @staticmethod
    def _start(end: int) -> int:
        """The step at which latents get places, of a first phase until ``end``."""
        return round((1 - _LANDING) * end)

    def _boundary(self) -> int:
        steps = self.trainer.estimated_stepping_batches
        if not math.isfinite(steps):
            raise UsageError("two phases share a budget of steps; give --trainer.max_steps or --trainer.max_epochs.")
        return min(round(self.pretraining * steps), int(steps) - 1)

    def _latents(self, split: int) -> Tensor:
        """Of all train rows, or with 1 of all validation rows, in their order, ``(rows, bottleneck)``."""
        self._stop_if_broken()  # nothing can be found among latents that aren't finite
        self.eval()
        with torch.no_grad():
            loader = self.trainer.datamodule.predict_dataloader()[split]  # type: ignore[attr-defined]  # ours
            seen = [(self.latent(batch.x.to(self.device)), batch.index) for batch in loader]
        self.train()
        z, index = (torch.cat(part) for part in zip(*seen, strict=True))
        return z[index.argsort().to(z.device)]


def _check(name: str, neighbors: int, n_rows: int, pretraining: float, interval: int, decay: float) -> None:
    if not 0 < pretraining < 1 or interval < 1:
        raise UsageError(
            f"`pretraining` of {name} must be above 0 and below 1, and `interval` 1 or more, got {pretraining} and "
            f"{interval}."
        )
    if not 0 <= decay <= 1:
        raise UsageError(f"`decay` of {name} must be in [0, 1], got {decay}; it is a share of the steps of a phase.")
    if neighbors and not 2 <= neighbors < n_rows:
        raise UsageError(
            f"`neighbors` of {name} must be 0 or in [2, {n_rows - 1}] for {n_rows} train rows, itself among them, got "
            f"{neighbors}; lower it or give more rows."
        )


def touch_unused(*modules: torch.nn.Module) -> Tensor:
    """Zero, by way of every parameter: several processes wait for a gradient of each."""
    return torch.stack([p.sum() for module in modules for p in module.parameters()]).sum() * 0
