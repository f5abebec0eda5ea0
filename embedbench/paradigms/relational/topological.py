"""Topological auto-encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import Learned, WithDecoderFactory
from embedbench.paradigms.relational.pairs import Partners
from embedbench.paradigms.relational.pairwise import distances
from embedbench.paradigms.relational.spanning_tree import topological_errors
from embedbench.types import Batch, DataSpec


class Topological(Learned):
    """An auto-encoder whose latent space connects the rows of a batch as the input space does (Moor et al., 2020).

    Loss: squared error summed over a row's features, mean over rows, plus the topological term of dimension 0, both
    ways: the edges of the batch's minimum spanning tree in the input keep their lengths in the latent space, and the
    other way round. The source divides the input distances by the largest and the latent ones by a learned number;
    here both stay as they are, so that the terms share the unit of the squared input and latent distances are in the
    input's. Distances that the data give for their rows count in place of Euclidean ones, multiplied by one number such
    that their mean is that of the Euclidean ones.

    Args:
        spec: Of the data.
        latent_dim: Size of the bottleneck; the data's default if not given.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        topology: Weight of the topological term, 0 or more.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If ``topology`` is below 0.
    """

    kind = "relational"
    needs_arrays = True
    encoder: WithDecoder

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: WithDecoderFactory | None = None,
        topology: NonNegativeFloat = 1.0,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.topology = topology
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)
        self._given: dict[bool, Tensor] = {}

    def prepare_fit(self, rows: FitRows) -> None:
        """Takes what the data say of their rows' distances."""
        given, held = rows.train.relations, rows.val.relations
        if given is not None and held is not None:
            partners = Partners(rows.train.x, torch.arange(self.spec.n_rows))
            unit = partners.scale() / partners._replace(table=given).scale()
            self._given = {True: given * unit, False: held * unit}

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The reconstruction error and both directions of the topological term."""
        z = self.embed(batch.x)  # (batch, dim)
        error = (self.decoder(z) - batch.rows).square().flatten(1).sum(1)  # (batch,)
        there, back = topological_errors(self._apart(batch), torch.cdist(z, z))
        return {
            "reconstruction": error.mean(),
            "input_to_latent": self.topology * there,
            "latent_to_input": self.topology * back,
        }

    def embed(self, x: Tensor) -> Tensor:
        """The bottleneck, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]

    def _apart(self, batch: Batch) -> Tensor:
        """Input distances among the rows of a batch, ``(batch, batch)``."""
        if not self._given:
            return distances(batch.x, batch.x, "euclidean")
        table, index = self._given[self.training], batch.index.cpu()
        return table[index[:, None], index].to(batch.x.device)
