"""Distance-preserving embedding."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.errors import UsageError
from embedbench.neighbors.geodesic import extended, from_landmarks, neighbor_graph
from embedbench.neighbors.search import others
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.paradigms.neighbor_count import neighbor_count
from embedbench.paradigms.relational.pairs import Neighborhoods, Pairs, Partners, neighborhoods, some
from embedbench.paradigms.relational.pairwise import Distance
from embedbench.paradigms.relational.stress import Stress, stress
from embedbench.types import Batch, DataSpec

_NEIGHBORS = 10
_HELD_OUT = 128  # rows that each validation row is compared with


class DistancePreserving(Learned):
    """Euclidean distances among embeddings mirror distances among rows: multidimensional scaling by an encoder.

    The loss is a stress (Kruskal, 1964; Sammon, 1969) over pairs of train rows: of each batch's rows with each other,
    and of each row with one of its nearest, all weighed such that the loss estimates the stress over all pairs. A batch
    that holds all train rows gives that stress itself. Since an encoder learns it, rows that nobody has seen embed too
    (de Ridder & Duin, 1997). The embedding is in units of the input distances.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``.
        stress: See ``functional.stress``.
        distance: Between rows: "euclidean", "cosine" (1 − cos), or "geodesic", the shortest path over the graph of
            nearest rows (Tenenbaum et al., 2000); unless given, what the data say of their rows, or else "euclidean".
        neighbors: Nearest rows of each one, of which it meets one in a step, and which the graph joins it to; in [1,
            train rows − 1]; 10 unless given, or fewer for fewer rows.
        landmarks: Train rows that geodesic distances are measured from, more than ``neighbors``: all if there aren't
            more.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW; without some, rows that weren't trained on are mapped less well.

    Raises:
        UsageError: If ``neighbors`` or ``landmarks`` is out of its range.
    """

    kind = "relational"
    needs_arrays = True
    scale: Tensor

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: EncoderFactory | None = None,
        stress: Stress = "normalised",
        distance: Literal["euclidean", "cosine", "geodesic"] | None = None,
        neighbors: PositiveInt | None = None,
        landmarks: PositiveInt = 1000,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 0.3,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        neighbors, few = neighbor_count(neighbors, _NEIGHBORS, 1, spec)
        self.notes += few
        if neighbors >= spec.n_rows:
            raise UsageError(
                f"`neighbors` must be in [1, {spec.n_rows - 1}] for {spec.n_rows} train rows, got {neighbors}; lower "
                "it or give more rows."
            )
        if landmarks <= neighbors:
            raise UsageError(f"`landmarks` must be more than {neighbors} neighbors, got {landmarks}; raise it.")
        self.stress, self.distance, self.neighbors, self.landmarks = stress, distance, neighbors, landmarks
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.register_buffer("scale", torch.ones(()))

    def prepare_fit(self, rows: FitRows) -> None:
        """Measures the train rows, all of them on every rank."""
        x, held = rows.train.x, rows.val.x
        if self.distance == "geodesic":
            self._train, self._val = self._along_graph(x, held)
        else:
            table = None if self.distance else rows.train.relations
            few = some(len(held), _HELD_OUT)
            held_table = None if self.distance or rows.val.relations is None else rows.val.relations[:, few]
            kind: Distance = self.distance or "euclidean"
            self._val = Partners(held[few], few, held_table, kind)
            partners = Partners(x, torch.arange(len(x)), table, kind)
            self._train = self._measured(partners) if table is None else neighborhoods(partners, self.neighbors)
        self.scale.fill_(self._train.partners.scale())
        self._train, self._val = self._train.to(self.device), self._val.to(self.device)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The stress."""
        pairs = self._train.drawn(batch) if self.training else self._val.every(batch)
        return {"stress": stress(pairs.distance, self._between(batch.x, pairs), pairs.weight, self.stress)}

    def embed(self, x: Tensor) -> Tensor:
        """The coordinates, ``(batch, *shape) -> (batch, dim)``."""
        return self.scale * self.to_latent(self.encoder(x))  # type: ignore[no-any-return]

    def _between(self, x: Tensor, pairs: Pairs) -> Tensor:
        """Latent distances of the pairs, ``(pairs,)``."""
        blocks = [x, *(rows for rows in (pairs.x, pairs.near) if rows is not None)]
        z, *more = torch.split(self.embed(torch.cat(blocks)), [len(block) for block in blocks])
        wide = torch.cdist(z, z if pairs.x is None else more[0]).flatten()
        if pairs.near is None:
            return wide
        return torch.cat([wide, torch.linalg.vector_norm(z - more[-1], dim=1)])

    def _measured(self, rows: Partners) -> Neighborhoods:
        """The nearest of each row by its features."""
        flat = rows.x.flatten(1)
        points = normalize(flat, dim=1) if rows.kind == "cosine" else flat
        near = torch.from_numpy(others(points.numpy(), self.neighbors))
        apart = torch.cat(
            [
                torch.linalg.vector_norm(one[:, None] - points[places], dim=2)
                for one, places in zip(torch.split(points, 512), torch.split(near, 512), strict=True)
            ]
        )  # (rows, k)
        # Between rows of length 1 the squared Euclidean distance is 2 (1 − cos).
        return Neighborhoods(rows, near, apart.square() / 2 if rows.kind == "cosine" else apart)

    def _along_graph(self, x: Tensor, held: Tensor) -> tuple[Neighborhoods, Partners]:
        """Path lengths of the train rows and of validation rows, which reach the graph by their nearest train rows."""
        points, k = x.flatten(1).numpy(), self.neighbors
        graph = neighbor_graph(points, k)
        if graph.parts > 1:
            self.notes.append(
                f"the graph of the {k} nearest neighbours of {len(x)} train rows fell into {graph.parts} parts, "
                "which were joined by the shortest edge between each two of them"
            )
        marks = some(len(x), self.landmarks)
        table = from_landmarks(graph, marks.numpy())
        few = some(len(marks), _HELD_OUT)
        beyond = extended(table[:, few.numpy()], points, held.flatten(1).numpy(), k)
        train = neighborhoods(Partners(x[marks], marks, torch.from_numpy(table)), k)
        nowhere = torch.full_like(few, -1)  # landmarks are no validation rows
        return train, Partners(x[marks[few]], nowhere, torch.from_numpy(beyond))
