"""All rows of texts as one corpus."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from embedbench.paradigms.fit_rows import SplitRows


def corpus(rows: SplitRows, pad: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Token ids of all rows, without their padding, in the order of the split.

    Args:
        rows: Texts.
        pad: Id that fills a batch up to its longest row.

    Returns:
        The ids, one row after the other, ``(all tokens,)``, and where each row begins and the last ends,
        ``(rows + 1,)``.
    """
    found: list[NDArray[np.int32]] = [np.empty(0, np.int32)] * rows.n_rows
    for batch in rows.batches():
        for number, row in zip(batch.index.tolist(), batch.x.to("cpu", torch.int32), strict=True):
            found[number] = row[row != pad].numpy()
    return np.concatenate(found), np.cumsum([0, *map(len, found)], dtype=np.int64)
