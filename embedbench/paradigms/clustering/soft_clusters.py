"""Soft clusters around centres in a latent space."""

from __future__ import annotations

import torch
from torch import Tensor


def student_t(z: Tensor, centres: Tensor) -> Tensor:
    """Soft assignment q_ik ∝ 1 / (1 + ‖z_i − c_k‖²), Student's t of one degree of freedom (Xie et al., 2016, eq. 1).

    Args:
        z: ``(batch, dim)``.
        centres: ``(clusters, dim)``.

    Returns:
        ``(batch, clusters)``; each row sums to 1.
    """
    kernel = 1 / (1 + (z[:, None] - centres).square().sum(2))  # (batch, clusters)
    q: Tensor = kernel / kernel.sum(1, keepdim=True)
    return q


def sharpened(q: Tensor, frequency: Tensor) -> Tensor:
    """Target p_ik ∝ q_ik² / f_k: surer than q, and no cluster gains by being large (Xie et al., 2016, equation 3).

    Args:
        q: Soft assignment, ``(batch, clusters)``.
        frequency: f_k = Σ_i q_ik over all rows, or anything proportional to it, ``(clusters,)``.

    Returns:
        ``(batch, clusters)``; each row sums to 1.
    """
    weight = q.square() / frequency
    p: Tensor = weight / weight.sum(1, keepdim=True)
    return p


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL(p ‖ q) of each row in nats, ``(batch, clusters)`` twice ``-> (batch,)``, 0 or more."""
    each: Tensor = torch.special.xlogy(p, p) - torch.special.xlogy(p, q)  # (batch, clusters)
    return each.sum(1)


def split_widest(z: Tensor, centres: Tensor, nearest: Tensor) -> tuple[Tensor, int]:
    """Gives each centre without rows one half of the cluster with the largest inertia, cut across its longest axis.

    Args:
        z: ``(rows, dim)``.
        centres: ``(clusters, dim)``.
        nearest: Each row's cluster, ``(rows,)``.

    Returns:
        Centres, of which two are new for each that was empty, and how many were repaired; fewer if too few rows differ.
    """
    centres, nearest, repaired = centres.clone(), nearest.clone(), 0
    for empty in (nearest.bincount(minlength=len(centres)) == 0).nonzero()[:, 0].tolist():
        spread = (z - centres[nearest]).square().sum(1).double()
        inertia = spread.new_zeros(len(centres)).index_add(0, nearest, spread)
        widest = int(inertia.argmax())
        members = (nearest == widest).nonzero()[:, 0]
        centred = z[members].double() - z[members].double().mean(0)
        axis = torch.linalg.eigh(centred.T @ centred)[1][:, -1]  # (dim,)
        axis = axis * torch.where(axis[axis.abs().argmax()] < 0, -1.0, 1.0)  # so that ranks agree
        upper = centred @ axis > 0  # (members,)
        if not 0 < int(upper.sum()) < len(upper):  # equal rows, but for the rounding of their mean
            break
        nearest[members[upper]] = empty
        for cluster in (empty, widest):
            centres[cluster] = z[nearest == cluster].mean(0)
        repaired += 1
    return centres, repaired
