"""All rows reach the solution: once, in order, without their padding, whatever the batches."""

from itertools import pairwise

import numpy as np
import torch
from lightning.pytorch import LightningModule

from embedbench.paradigms.corpus import corpus
from embedbench.paradigms.fit_rows import SplitRows
from embedbench.types import Batch

ROWS = [[2, 3], [], [4], [2, 2, 2, 5]]


def batch(*numbers):
    longest = max(1, *(len(ROWS[i]) for i in numbers))
    x = torch.tensor([ROWS[i] + [0] * (longest - len(ROWS[i])) for i in numbers])
    return Batch(x, None, torch.tensor(numbers))


def test_rows_come_in_the_order_of_the_split():
    ids, starts = corpus(SplitRows([batch(3, 0), batch(1, 2)], 4, None, None, LightningModule()), pad=0)
    assert [ids[a:b].tolist() for a, b in pairwise(starts)] == ROWS
    assert ids.dtype == np.int32
    assert starts.dtype == np.int64
