"""Contrastive embedding."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from embedbench.arguments.hints import (
    ClosedUnitInterval,
    NonNegativeFloat,
    OpenUnitInterval,
    PositiveFloat,
    PositiveInt,
    Range,
)
from embedbench.errors import UsageError
from embedbench.functional.augment import corrupt, crop, cutout, flip
from embedbench.functional.contrast import nt_xent
from embedbench.functional.noise import row_noise, row_uniform
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.types import Batch, DataSpec

_TEMPERATURE = {"image": 0.5, "tabular": 1.0, "text": 0.05}  # of tables and texts the sources'
_PLACES = 6  # numbers of noise that the views of an image take, beside that of its pixels


class Contrastive(Learned):
    """Two views of one row are near and views of other rows far, on the sphere of a projection head.

    - Images: both views are random crops with Gaussian noise, if asked a square cut out (SimCLR: Chen et al., 2020).
    - Tables: the row, and the row with some columns taken from other train rows (SCARF: Bahri et al., 2022).
    - Texts: the text twice, under another dropout of the encoder (SimCSE: Gao et al., 2021).

    The embedding is the layer under the projection head, of the row as it is. Validation rows have the same views each
    time. Where the data are augmented for all models, the views are those, and of a table the row and a view.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``. For texts it needs dropout.
        temperature: τ of the loss, above 0; unless given 0.5 for images, 1 for tables, 0.05 for texts.
        crop: Of images: least share of the area that a view shows, in (0, 1].
        flip: Of images: whether half of the views are mirrored, left to right; wrong for what may be read.
        noise: Of images: standard deviation of each pixel's noise, in units of the data, 0 or more.
        cutout: Of images: side of the square cut out, as a share of the image's, in [0, 1].
        corruption: Of tables: share of the columns that are replaced, in (0, 1).
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, or the data are a table of one column.
    """

    kind = "relational"
    views = 2
    widths: Tensor

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: EncoderFactory | None = None,
        temperature: PositiveFloat | None = None,
        crop: Annotated[float, Range(gt=0, le=1)] = 0.6,
        flip: bool = False,
        noise: NonNegativeFloat = 0.05,
        cutout: ClosedUnitInterval = 0.0,
        corruption: OpenUnitInterval = 0.6,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        if spec.modality == "tabular" and len(spec.widths) < 2:
            raise UsageError(
                "model `contrastive` replaces some columns and keeps others, but the data have 1; add one."
            )
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.temperature = temperature or _TEMPERATURE[spec.modality]
        self.crop, self.flip, self.noise, self.cutout, self.corruption = crop, flip, noise, cutout, corruption
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.projection = nn.Sequential(nn.ReLU(), nn.Linear(self.latent_dim, self.latent_dim))
        self.register_buffer("widths", torch.tensor(spec.widths), persistent=False)

    def prepare_fit(self, rows: FitRows) -> None:
        """Keeps the train rows of a table, what columns are replaced by; they are no part of the model's state."""
        if self.spec.modality == "tabular":
            self._rows = rows.train.x.to(self.device)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The contrast, in nats."""
        if self.spec.modality == "text":
            z = self._twice(batch)
        elif batch.other is not None:
            z = self.embed(torch.cat([batch.x if self.spec.modality == "image" else batch.rows, batch.other]))
        else:
            z = self.embed(self._views(batch) if self.spec.modality == "image" else self._corrupted(batch))
        one, other = normalize(self.projection(z), dim=1).chunk(2)  # (batch, dim) each
        return {"contrast": nt_xent(one, other, self.temperature)}

    def embed(self, x: Tensor) -> Tensor:
        """The layer under the projection head, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]

    def _views(self, batch: Batch) -> Tensor:
        """Two views of each image, ``(2 batch, channels, height, width)``."""
        x = torch.cat([batch.x, batch.x])
        if self.training:
            where, blur = torch.rand(len(x), _PLACES, device=x.device), torch.randn_like(x)
        else:
            where = row_uniform(batch.index, range(2), _PLACES, seed=0).flatten(0, 1).to(x)
            blur = row_noise(batch.index, range(2), self.spec.features, seed=1).to(x).view_as(x)
        x = crop(x, where[:, :3], self.crop)
        x = flip(x, where[:, 3]) if self.flip else x
        return cutout(x + self.noise * blur, where[:, 4:], self.cutout)

    def _corrupted(self, batch: Batch) -> Tensor:
        """Each row, and behind them each with some columns replaced, ``(2 batch, features)``."""
        x, columns = batch.x, len(self.widths)
        if self.training:
            chosen, source = torch.rand(2, len(x), columns, device=x.device)
        else:
            chosen, source = row_uniform(batch.index, range(2), columns, seed=0)  # (batch, columns) each
        row = (source * len(self._rows)).long().clamp(max=len(self._rows) - 1).repeat_interleave(self.widths, dim=1)
        others = self._rows[row, torch.arange(x.shape[1], device=x.device)]
        return torch.cat([x, corrupt(x, chosen, self.corruption, others, self.widths)])

    def _twice(self, batch: Batch) -> Tensor:
        """Embeddings of each text under two dropouts, ``(2 batch, dim)``; in validation the same dropouts each time."""
        x = torch.cat([batch.x, batch.x if batch.other is None else batch.other])
        if self.training:
            return self.embed(x)
        with torch.random.fork_rng([x.device] if x.device.type == "cuda" else []):
            torch.manual_seed(0)
            self.encoder.train()
            z = self.embed(x)
            self.encoder.eval()
        return z
