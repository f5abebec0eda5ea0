"""Rows as a model is given them before its first step."""

import torch

from embedbench.paradigms.fit_rows import FitRows, SplitRows
from embedbench.types import Batch


def fit_rows(model, train, val, relations=None):
    """Those of two splits, in batches of 16 from the end to the beginning, and their distances by split."""

    def of(split, x):
        batches = [Batch(x[i], None, i) for i in torch.arange(len(x)).flip(0).split(16)]
        return SplitRows(batches, len(x), x, (relations or {}).get(split), model)

    return FitRows(of("train", train), of("val", val))
