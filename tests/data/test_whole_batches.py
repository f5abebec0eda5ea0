"""Rows dealt out by whole batches: each batch once, as it is in one process, and as many steps for each rank."""

import itertools

import pytest
import torch
from torch.utils.data import DataLoader

from embedbench.data.whole_batches import WholeBatches


def dealt(rows, size, ranks):
    """The batches that a loader makes of each rank's rows, and what number each has."""
    found = []
    for rank in range(ranks):
        sampler = WholeBatches(range(rows), size, ranks, rank)
        batches = [batch.tolist() for batch in DataLoader(torch.arange(rows), size, sampler=sampler)]
        assert sum(map(len, batches)) == len(sampler)
        found.append([(sampler.number(step), batch) for step, batch in enumerate(batches)])
    return found


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
@pytest.mark.parametrize(("rows", "size"), [(29, 8), (32, 8), (7, 8), (1, 1), (12, 1)])
def test_all_batches_are_there_once_and_whole(rows, size, ranks):
    alone = [rows_of.tolist() for rows_of in torch.arange(rows).split(size)]
    found = dealt(rows, size, ranks)
    assert len({len(batches) for batches in found}) == 1
    taken = {number: batch for number, batch in itertools.chain(*found) if number is not None}
    assert taken == dict(enumerate(alone))
    repeated = [batch for number, batch in itertools.chain(*found) if number is None]
    assert repeated == [alone[-1]] * (-len(alone) % ranks)


def test_rank_that_is_dealt_nothing_still_takes_part():
    assert dealt(7, 8, 2)[1] == [(None, list(range(7)))]


def test_no_rows_are_no_batches():
    assert dealt(0, 8, 2) == [[], []]
