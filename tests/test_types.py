"""Batches that are filled."""

import pytest
import torch

from embedbench.types import Batch


@pytest.mark.parametrize("labelled", [True, False])
def test_short_batches_are_filled_by_their_last_row(labelled):
    batch = Batch(torch.randn(5, 3), torch.arange(5) if labelled else None, torch.arange(10, 15))
    found = batch.filled()
    for part, before in zip(found, batch, strict=True):
        if before is not None:
            assert part.shape == (32, *before.shape[1:])
            assert torch.equal(part[:5], before)
            assert (part[5:] == before[-1]).all()
    assert (found.label is not None) == labelled


def test_others_stay_as_they_are():
    batch = Batch(torch.randn(32, 3), None, torch.arange(32))
    assert batch.filled() is batch
