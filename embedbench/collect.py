"""Embeddings of every rank become one table in the order of the split."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics.utilities.distributed import gather_all_tensors

from embedbench.errors import RunError
from embedbench.types import Embedded


def collect(parts: Sequence[Embedded], n_rows: int, device: torch.device) -> Tensor:
    """Gathers one split's embeddings from all ranks; every rank has to call it.

    Args:
        parts: This rank's batches.
        n_rows: Rows of the split.
        device: Where the process group communicates.

    Returns:
        ``(n_rows, dim)`` on the CPU, row i being the split's row i; rows that a sampler repeated are dropped.

    Raises:
        RunError: If a row is missing.
    """
    z = torch.cat([part.z for part in parts]).to(device)  # (rows of this rank, dim)
    index = torch.cat([part.index for part in parts]).to(device)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        z, index = torch.cat(gather_all_tensors(z)), torch.cat(gather_all_tensors(index))
    return merge(z.cpu(), index.cpu(), n_rows)


def merge(z: Tensor, index: Tensor, n_rows: int) -> Tensor:
    """Orders rows ``(rows, dim)`` by their numbers ``(rows,)`` and drops repeated ones.

    Raises:
        RunError: If a number in [0, n_rows) is missing.
    """
    table = z.new_empty(n_rows, z.shape[1])
    seen = torch.zeros(n_rows, dtype=torch.bool)
    table[index], seen[index] = z, True
    if not bool(seen.all()):
        missing = (~seen).nonzero()[:, 0].tolist()
        raise RunError(f"{len(missing)} of {n_rows} rows were not embedded, the first is row {missing[0]}.")
    return table
