"""Contrastive losses."""

from __future__ import annotations

import torch
from torch import Tensor


def supervised_contrastive(z: Tensor, label: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss, the positives' mean outside the logarithm (Khosla et al., 2020, equation 2).

    For an anchor i with positives P(i) (other rows of its class in the batch),
    L_i = −1/|P(i)| Σ_p [z_i·z_p/τ − log Σ_{a≠i} exp(z_i·z_a/τ)]; the mean is over anchors that have a positive.

    Args:
        z: Rows of length 1, ``(batch, dim)``.
        label: Class numbers, ``(batch,)``.
        temperature: τ, above 0.

    Returns:
        A scalar in nats, 0 or more; 0 if no anchor has a positive.
    """
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    logits = (z @ z.T / temperature).masked_fill(itself, -torch.inf)  # (batch, batch): every row against every row
    log_prob = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    positive = (label[:, None] == label[None, :]) & ~itself  # (batch, batch)
    count = positive.sum(1)
    each = -log_prob.masked_fill(~positive, 0).sum(1) / count.clamp(min=1)  # (batch,)
    anchors = count > 0
    # A batch without any pair still needs a zero that is connected to the graph, so that backward works on every rank.
    return each[anchors].mean() if anchors.any() else z.sum() * 0


def nt_xent(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """The normalised, temperature-scaled cross-entropy of two views of each row (SimCLR: Chen et al., 2020).

    Each view has to find the other one of its row among all views of the batch: the supervised contrast of rows whose
    class is their own.

    Args:
        one: Rows of length 1, ``(batch, dim)``.
        other: Of the other views, likewise.
        temperature: τ, above 0.

    Returns:
        A scalar in nats, 0 or more; log(2 batch − 1) if views can't be told apart.
    """
    row = torch.arange(len(one), device=one.device)
    return supervised_contrastive(torch.cat([one, other]), torch.cat([row, row]), temperature)
