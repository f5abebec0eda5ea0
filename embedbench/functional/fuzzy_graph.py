"""UMAP's fuzzy graph, whose weights say how surely two rows are neighbours (McInnes et al., 2018)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

_BLOCK = 512  # rows measured at a time: their neighbours are k times as large
_HALVINGS = 64
_CLOSE = 1e-5  # to the wanted sum
_LEAST_SCALE = 1e-3  # of the mean distance


class Scales(NamedTuple):
    """How far each row sees, float64 ``(rows,)`` each.

    Attributes:
        rho: Distance of the nearest row that isn't at the same place.
        sigma: Scale on which the weight falls beyond it.
    """

    rho: NDArray[np.float64]
    sigma: NDArray[np.float64]


class Edges(NamedTuple):
    """Weighted edges, sorted by the row where they begin.

    Attributes:
        first: Number of each row's first edge, and behind them the number of edges, int64 ``(rows + 1,)``.
        end: Row where each edge ends, int64 ``(edges,)``.
        sums: Running sum of the weights, float64 ``(edges,)``.
    """

    first: Tensor
    end: Tensor
    sums: Tensor

    def to(self, device: torch.device) -> Edges:
        """The same on a device."""
        return Edges(self.first.to(device), self.end.to(device), self.sums.to(device))


def apart(rows: NDArray[np.float32], others: NDArray[np.float32], index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Euclidean distances of rows to some others, of equal rows exactly 0.

    Args:
        rows: ``(rows, features)``.
        others: ``(others, features)``.
        index: Which of the others each row is measured to, ``(rows, k)``.

    Returns:
        ``(rows, k)``.
    """
    found = np.empty(index.shape)
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        found[block] = np.linalg.norm(rows[block, None] - others[index[block]], axis=2)
    return found


def scales(distance: NDArray[np.float64], *, certain: bool = True) -> Scales:
    """Finds ρ and σ of each row with Σ exp(−max(0, d − ρ) / σ) = log₂ k over its neighbours but the first.

    By bisection as umap-learn does it, and with its floor: σ is at least 0.001 of the row's mean distance, or of all
    rows' where all neighbours of the row lie at its own place.

    Args:
        distance: To the k nearest rows, the row itself among them and first, ``(rows, k)``.
        certain: Whether the nearest row apart is a neighbour for certain, as ρ makes it. Else ρ is 0 and the floor the
            row's own, as where umap-learn places other rows among those that it knows.
    """
    there = np.where(distance > 0, distance, np.inf).min(1)
    rho = np.where(np.isfinite(there), there, 0.0) * certain
    beyond = np.maximum(distance[:, 1:] - rho[:, None], 0)  # (rows, k - 1)
    wanted = math.log2(distance.shape[1])
    low, high, sigma = np.zeros_like(rho), np.full_like(rho, np.inf), np.ones_like(rho)
    for _ in range(_HALVINGS):
        found = np.exp(-beyond / sigma[:, None]).sum(1)
        searching = np.abs(found - wanted) >= _CLOSE
        high = np.where(searching & (found > wanted), sigma, high)
        low = np.where(searching & (found <= wanted), sigma, low)
        middle = np.where(np.isfinite(high), (low + high) / 2, 2 * sigma)
        sigma = np.where(searching, middle, sigma)
    mean = np.where((rho > 0) | (not certain), distance.mean(1), distance.mean())
    return Scales(rho, np.maximum(sigma, _LEAST_SCALE * mean))


def memberships(distance: NDArray[np.float64], *, certain: bool = True) -> NDArray[np.float64]:
    """How surely each is a neighbour, exp(−max(0, d − ρ) / σ) in [0, 1]; from and to ``(rows, k)`` as ``scales``."""
    rho, sigma = scales(distance, certain=certain)
    positive = np.where(sigma > 0, sigma, 1.0)  # 0 if all rows lie at one place
    weight: NDArray[np.float64] = np.exp(-np.maximum(distance - rho[:, None], 0) / positive[:, None])
    return weight


def fuzzy_union(index: NDArray[np.int64], weight: NDArray[np.float64]) -> sparse.csr_array:
    """Weights a + b − ab of pairs that are neighbours by a one way and b the other (the probabilistic t-conorm).

    Args:
        index: Numbers of the k nearest rows, ``(rows, k)``; a row's own number counts for nothing.
        weight: Of each, in [0, 1], ``(rows, k)``.

    Returns:
        Symmetric, ``(rows, rows)``.
    """
    rows, k = index.shape
    begin, end, value = np.repeat(np.arange(rows), k), index.ravel(), weight.ravel()
    kept = (end != begin) & (value > 0)
    one = sparse.csr_array((value[kept], (begin[kept], end[kept])), shape=(rows, rows))
    return (one + one.T - one * one.T).tocsr()  # sparse arrays multiply element by element


def edges(weight: sparse.csr_array) -> Edges:
    """The edges of weights ``(rows, others)``."""
    first, end = (torch.from_numpy(part.astype(np.int64)) for part in (weight.indptr, weight.indices))
    return Edges(first, end, torch.from_numpy(weight.data.cumsum()))


def sample_ends(graph: Edges, rows: Tensor, noise: Tensor) -> Tensor:
    """Where an edge of each row ends, drawn by the weights.

    Args:
        graph: In which every row has an edge.
        rows: Row numbers, ``(batch,)``.
        noise: Uniform in [0, 1), float64 ``(batch,)``.
    """
    begin, last = graph.first[rows], graph.first[rows + 1] - 1
    below = torch.where(begin > 0, graph.sums[begin - 1], 0.0)  # nothing stands before the first edge
    place = torch.searchsorted(graph.sums, below + noise * (graph.sums[last] - below), right=True)
    return graph.end[place.maximum(begin).minimum(last)]
