"""Minimum spanning trees: the pairs of rows at which connected components merge as a distance grows."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from torch import Tensor


def spanning_tree(distance: Tensor) -> Tensor:
    """Pairs of rows whose edges are a tree of least total length over all rows.

    Their lengths are the death times of the 0-dimensional persistent homology of the rows' Vietoris-Rips complex.

    Args:
        distance: Symmetric, 0 or more, finite, ``(rows, rows)``; may carry a gradient, of which nothing is kept.

    Returns:
        int64 ``(2, rows − 1)`` on the same device. Of equally long edges any may be taken.
    """
    lengths = distance.detach().double().cpu().numpy()
    # scipy takes a 0 for no edge. All trees have as many edges: a longer way for all leaves the shortest the shortest.
    shifted = np.triu(lengths + (lengths.max(initial=0) or 1), 1)
    tree = minimum_spanning_tree(shifted).tocoo()
    return torch.from_numpy(np.stack([tree.row, tree.col]).astype(np.int64)).to(distance.device)


def topological_errors(d_in: Tensor, d_out: Tensor) -> tuple[Tensor, Tensor]:
    """How differently two spaces connect the same rows (Moor et al., 2020, equations 2 to 4, dimension 0).

    Half the sum of squared differences between a pair's two distances, over the edges of the input's spanning tree, and
    over those of the latent one's, each divided by the number of rows. Which edges are taken is not differentiated.

    Args:
        d_in: Distances among rows in the input, ``(batch, batch)``.
        d_out: In the latent space, ``(batch, batch)``.

    Returns:
        Two scalars, 0 or more; both 0 if all distances are kept, and for a single row.
    """
    found = []
    for distance in (d_in, d_out):
        one, other = spanning_tree(distance)
        found.append((d_in[one, other] - d_out[one, other]).square().sum() / (2 * len(d_in)))
    return found[0], found[1]
