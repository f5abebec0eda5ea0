"""Points laid out by a graph of neighbours: UMAP without an encoder (McInnes et al., 2018)."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh
from torch import Generator, Tensor

from embedbench.functional.fuzzy_graph import Edges, edges, sample_ends
from embedbench.functional.neighbor_loss import Curve

_EXTENT = 10.0  # of the points at the start, and
_NOISE = 1e-4  # what is added so that no two are at one place: umap-learn's values
_TOLERANCE = 1e-4  # of eigenvalues: a start needn't be exact
_EPOCHS = 1000  # of one edge per row: about what umap-learn's 200 are, in which a row's edges come by their weights
_NEGATIVES = 5  # random rows that each is pushed from in an epoch, umap-learn's number
_MOST = 4.0  # that one row pulls or pushes another by, along each axis, again umap-learn's
_NEAR = 1e-3  # keeps repulsion finite between rows at one place, and
_LEAST = 1e-12  # attraction, of squared distance


def lay_out(graph: sparse.csr_array, dim: int, kernel: Curve, seed: int, device: torch.device) -> Tensor:
    """Points from the spectral start on, over 1,000 epochs of steps that become shorter linearly.

    Args:
        graph: Symmetric weights, 0 or more, each row with an edge, ``(rows, rows)``.
        dim: Numbers per row.
        kernel: Of distances between points.
        seed: Of all that is drawn.
        device: Where points move.

    Returns:
        float32 ``(rows, dim)``, on the device.
    """
    points = spectral(graph, dim, torch.Generator().manual_seed(seed)).to(device)
    linked, random = edges(graph).to(device), torch.Generator(device).manual_seed(seed)
    for epoch in range(_EPOCHS):
        points = moved(points, linked, kernel, 1 - epoch / _EPOCHS, random)
    return points


def spectral(weight: sparse.csr_array, dim: int, generator: Generator) -> Tensor:
    """Leading eigenvectors of D^-½ W D^-½, D of the sums of W, but the first: neighbours have like numbers.

    Laplacian eigenmaps (Belkin & Niyogi, 2003) by the normalisation of Ng et al. (2002), where UMAP's points start. The
    parts of a graph that isn't connected are put at random places, ten times as far apart as they are wide.

    Args:
        weight: W, symmetric, 0 or more, each row with an edge, ``(rows, rows)``.
        dim: Numbers per row; of fewer than ``dim`` + 2 rows the last are 0.
        generator: Of a CPU.

    Returns:
        float32 ``(rows, dim)``, of which the largest in a connected graph is 10, before a little noise.
    """
    parts, label = connected_components(weight, directed=False)
    if parts == 1:
        points = _eigenvectors(weight, dim, generator)
    else:
        points = _EXTENT * torch.randn(parts, dim, generator=generator, dtype=torch.float64)[label]
        for part in range(parts):
            rows = np.flatnonzero(label == part)
            points[rows] += _eigenvectors(weight[rows][:, rows], dim, generator) / _EXTENT
    return (points + _NOISE * torch.randn(points.shape, generator=generator)).float()


def _eigenvectors(weight: sparse.csr_array, dim: int, generator: Generator) -> Tensor:
    """Of a connected graph, float64 ``(rows, dim)``."""
    rows = weight.shape[0]
    points, count = torch.zeros(rows, dim, dtype=torch.float64), min(dim + 1, rows - 1)
    if count < 2:
        return points
    scale = sparse.diags_array(np.asarray(weight.sum(1)) ** -0.5)
    start = torch.randn(rows, generator=generator, dtype=torch.float64).numpy()
    value, vector = eigsh(scale @ weight @ scale, count, which="LA", tol=_TOLERANCE, v0=start, maxiter=5 * rows)
    found = torch.from_numpy(vector[:, np.argsort(-value)[1:]])  # (rows, count - 1)
    points[:, : count - 1] = found * (_EXTENT / found.abs().max())
    return points


def moved(points: Tensor, graph: Edges, kernel: Curve, rate: float, generator: Generator) -> Tensor:
    """One epoch: each row is pulled to a neighbour, drawn by its edges' weights, and pushed from five others by chance.

    By the gradient of UMAP's cross-entropy: of −log q of the neighbour, twice, since the edge pulls at both its ends,
    and of −log(1 − q) of the others. Nothing is added up over edges, so that any device finds the same points each
    time.

    Args:
        points: ``(rows, dim)``.
        graph: In which every row has an edge, and each edge both directions.
        kernel: q of the distance.
        rate: What the gradient is multiplied by, above 0.
        generator: Of the points' device.

    Returns:
        ``(rows, dim)``.
    """
    rows = torch.arange(len(points), device=points.device)
    noise = torch.rand(len(points), dtype=torch.float64, device=points.device, generator=generator)
    step = 2 * attraction(points[sample_ends(graph, rows, noise)] - points, kernel)
    for other in torch.randint(len(points), (_NEGATIVES, len(points)), device=points.device, generator=generator):
        step += repulsion(points - points[other], kernel)
    return points + rate * step


def attraction(way: Tensor, kernel: Curve) -> Tensor:
    """How far one end of an edge is pulled along ``way``, ``(..., dim)``: the gradient of log q, cut off at 4."""
    a, b = kernel
    square = way.square().sum(-1, keepdim=True).clamp(min=_LEAST)
    found: Tensor = (2 * a * b * square ** (b - 1) / (1 + a * square**b) * way).clamp(-_MOST, _MOST)
    return found


def repulsion(way: Tensor, kernel: Curve) -> Tensor:
    """How far a row is pushed along ``way`` from another, ``(..., dim)``: the gradient of log(1 − q), cut off at 4."""
    a, b = kernel
    square = way.square().sum(-1, keepdim=True)
    found: Tensor = (2 * b / ((_NEAR + square) * (1 + a * square**b)) * way).clamp(-_MOST, _MOST)
    return found
