"""Where latents should lie so that neighbours among them are together and clusters apart."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.functional.fuzzy_graph import edges
from embedbench.functional.neighbor_loss import curve
from embedbench.paradigms.clustering.layout import moved, spectral
from embedbench.paradigms.clustering.soft_clusters import whitening
from embedbench.paradigms.row_graph import row_graph

_TURNS = 1000
_KERNEL = 0.0, 1.0  # UMAP's min_dist, 0 since rows of a cluster may come as near as can be, and spread


class LatentLayout:
    """Free points, one a row, that the latents' graph of neighbours pulls into place over 1,000 turns.

    UMAP of an auto-encoder's latents, whose clusters are easier to find than those of the latents (N2D: McConville et
    al., 2021).

    Args:
        z: Latents of all train rows, ``(rows, dim)``, the same on every rank.
        neighbors: Nearest rows of each one, itself among them; in [2, rows − 1].
        seed: The same on every rank.

    Attributes:
        goal: The points around 0, with a spread of 1 in every direction, ``(rows, dim)``.
        notes: What a reader should know of the graph.
    """

    def __init__(self, z: Tensor, neighbors: int, seed: int) -> None:
        graph, self.notes = row_graph(z.float().cpu().numpy(), neighbors, "latents")
        self._points = spectral(graph, z.shape[1], torch.Generator().manual_seed(seed)).to(z.device)
        self._graph = edges(graph).to(z.device)
        self._chance, self._done = torch.Generator(z.device).manual_seed(seed), 0
        self._kernel = curve(*_KERNEL)
        self._settle()

    def advance(self, share: float) -> None:
        """Moves on to this share of all turns, in [0, 1]; the steps of the points become shorter with each turn."""
        turns = range(self._done, round(share * _TURNS))
        for turn in turns:
            self._points = moved(self._points, self._graph, self._kernel, 1 - turn / _TURNS, self._chance)
        if turns:  # there are more looks than turns where steps are many
            self._done = turns.stop
            self._settle()

    def _settle(self) -> None:
        centred = self._points - self._points.mean(0)
        self.goal = centred @ whitening(centred, torch.zeros_like(centred[:, 0], dtype=torch.int64))
