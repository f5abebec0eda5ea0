"""Other rows among points that were laid out: UMAP's transform (McInnes et al., 2018)."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.functional.fuzzy_graph import apart, memberships
from embedbench.functional.neighbor_loss import Curve
from embedbench.neighbors.search import search
from embedbench.paradigms.clustering.layout import attraction, repulsion

_SAME = 1e-4  # of the mean distance to its neighbours: what is as near to a row is that row, but for rounding
_RATE = 0.25  # at the first epoch, and
_EPOCHS, _FEWER, _MANY = 100, 30, 10_000  # how many there are, and of more rows than this: umap-learn's values
_NEGATIVES = (
    20  # rows that stand for all at an epoch; repulsion counts five times as much as attraction, as in a layout
)


def place(z: Tensor, rows: Tensor, points: Tensor, neighbors: int, kernel: Curve) -> Tensor:
    """Where rows lie among others that were laid out, by the fuzzy weights of their nearest ones.

    As umap-learn's ``transform`` does it: rows begin at the weighted mean of these ones' points, and move among points
    that stay, by the gradient of the cross-entropy. Here the attraction is that of all edges at once, in place of edges
    drawn by their weights, and all rows are pushed from the same points, always drawn alike: where a row lies follows
    from the row alone, in any batch. A row that was laid out itself has its own point.

    Args:
        z: ``(batch, features)``.
        rows: That were laid out, ``(rows, features)``.
        points: Theirs, ``(rows, dim)``.
        neighbors: How many are near, itself among them; at most as many as there are rows.
        kernel: Of distances between points.

    Returns:
        ``(batch, dim)``.
    """
    laid, asked = rows.float().cpu().numpy(), z.float().cpu().numpy()
    near = search(laid, asked, neighbors)
    distance = apart(asked, laid, near)  # (batch, neighbors)
    weight = torch.from_numpy(memberships(distance, certain=False)).to(points)
    index = torch.from_numpy(near).to(points.device)
    found = ((weight / weight.sum(1, keepdim=True))[:, :, None] * points[index]).sum(1)
    strength = (weight / weight.amax(1, keepdim=True))[:, :, None]  # (batch, neighbors, 1)
    random = torch.Generator().manual_seed(0)
    epochs = _EPOCHS if len(rows) <= _MANY else _FEWER
    for epoch in range(epochs):
        others = points[torch.randint(len(points), (_NEGATIVES,), generator=random).to(points.device)]
        pull = (strength * attraction(points[index] - found[:, None], kernel)).sum(1)
        push = 5 * strength.sum(1) * repulsion(found[:, None] - others, kernel).mean(1)
        found = found + _RATE * (1 - epoch / epochs) * (pull + push)
    own = torch.from_numpy(distance[:, 0] <= _SAME * distance.mean(1)).to(points.device)
    return torch.where(own[:, None], points[index[:, 0]], found)
