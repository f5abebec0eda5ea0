"""Rows of different lengths: padded right, together with their like, each once on all ranks."""

import numpy as np
import pytest
import torch

from embedbench.data.sliced import loader
from embedbench.text.tokens import Bucketed, TokenDataset

LENGTHS = np.random.default_rng(0).integers(0, 40, 203)


def dataset(by_length=False, label=True):
    """Row r holds its number + 1 as often as it is long."""
    starts = torch.from_numpy(np.concatenate([[0], np.cumsum(LENGTHS)]))
    ids = torch.from_numpy(np.repeat(np.arange(1, 204), LENGTHS).astype(np.int32))
    return TokenDataset(ids, starts, torch.arange(203) * 2 if label else None, 0, by_length)


def check(batch):
    for row, number, label in zip(batch.x, batch.index.tolist(), batch.label.tolist(), strict=True):
        assert row.tolist() == [number + 1] * LENGTHS[number] + [0] * (len(row) - LENGTHS[number])
        assert label == 2 * number


def test_batches_are_padded_to_their_longest_row():
    batch = dataset().__getitems__([5, 3, 90])
    check(batch)
    assert batch.x.shape == (3, LENGTHS[[5, 3, 90]].max())
    assert batch.x.dtype == torch.int64
    assert dataset(label=False).__getitems__([1]).label is None


def test_rows_without_tokens_are_one_padding_wide():
    empty = int(np.flatnonzero(LENGTHS == 0)[0])
    assert dataset().__getitems__([empty]).x.tolist() == [[0]]


def test_in_order_of_length_every_row_comes_once_with_its_number():
    batches = list(loader(dataset(by_length=True), 16, num_workers=0))
    for batch in batches:
        check(batch)
    assert sorted(torch.cat([batch.index for batch in batches]).tolist()) == list(range(203))
    widths = [batch.x.shape[1] for batch in batches]
    assert widths == sorted(widths)


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_every_rank_takes_as_many_rows_and_none_is_left_out(ranks):
    parts = []
    for rank in range(ranks):
        sampler = Bucketed(dataset(), 8, ranks, rank)
        parts.append(list(sampler))
        assert len(parts[-1]) == len(sampler)
    seen = [place for part in parts for place in part]
    assert set(seen) == set(range(203))
    assert len(seen) == -(-203 // ranks) * ranks


def test_epochs_differ_and_repeat_with_the_seed(monkeypatch):
    sampler = Bucketed(dataset(), 8, 1, 0)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    monkeypatch.setenv("PL_GLOBAL_SEED", "7")
    assert list(Bucketed(dataset(), 8, 1, 0)) != first


def test_batches_hold_rows_of_similar_length_in_mixed_order():
    data = dataset()
    batches = list(loader(data, 8, sampler=Bucketed(data, 8, 1, 0), num_workers=0))
    for batch in batches:
        check(batch)
    assert [len(batch.index) for batch in batches] == [8] * 25 + [3]
    padding = sum(batch.x.numel() for batch in batches) - LENGTHS.sum()
    plain = list(loader(data, 8, num_workers=0))
    assert padding < 0.2 * (sum(batch.x.numel() for batch in plain) - LENGTHS.sum())
    widths = [batch.x.shape[1] for batch in batches]
    assert widths != sorted(widths)
