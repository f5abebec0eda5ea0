"""Windows of a text, against plain loops."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.paradigms.words.windows import BLOCK, keep_probability, subsampled, unpadded, windows

texts = st.lists(st.lists(st.integers(0, 9), max_size=60), max_size=5)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def flat(documents):
    """Tokens one after another and the number of the document of each."""
    rows = [number for number, text in enumerate(documents) for _ in text]
    words = [word for text in documents for word in text]
    return torch.tensor(words, dtype=torch.int64), torch.tensor(rows, dtype=torch.int64)


def test_keep_probability_by_hand():
    """Shares .9, .1 and 0 at a threshold of .1."""
    found = keep_probability(torch.tensor([9, 1, 0]), 0.1)
    assert found.tolist() == pytest.approx([math.sqrt(1 / 9) + 1 / 9, 1, 1])


def test_padding_is_left_out():
    tokens, row = unpadded(torch.tensor([[3, 1, -1], [-1, -1, -1], [2, -1, 4]]), -1)
    assert tokens.tolist() == [3, 1, 2, 4]
    assert row.tolist() == [0, 0, 2, 2]


def test_words_stay_as_often_as_they_should():
    keep = torch.tensor([1.0, 0.3, 0.0])
    tokens = torch.arange(3).repeat(20_000)
    document = torch.arange(60_000)
    left, home = subsampled(tokens, document, keep, generator())
    assert (tokens[home] == left).all()
    assert home.tolist() == sorted(home.tolist())
    shares = torch.bincount(left, minlength=3) / 20_000
    assert shares.tolist() == pytest.approx(keep.tolist(), abs=3 * math.sqrt(0.21 / 20_000))


@given(documents=texts, window=st.integers(1, 6), seed=st.integers(0, 99))
@settings(deadline=None)
def test_blocks_hold_the_text_and_its_neighbours(documents, window, seed):
    tokens, document = flat(documents)
    found = windows(tokens, document, window, generator(seed))
    assert found.centre.flatten()[: len(tokens)].tolist() == tokens.tolist()
    assert found.near.shape == (*found.centre.shape, BLOCK + 2 * window)
    for place in range(len(tokens)):
        block, own = divmod(place, BLOCK)
        columns = found.near[block, own].nonzero().flatten().tolist()
        others = [block * BLOCK + column - window for column in columns]
        reach = max((abs(other - place) for other in others), default=0)
        wanted = [
            other
            for other in range(max(0, place - reach), min(len(tokens), place + reach + 1))
            if other != place and document[other] == document[place]
        ]
        assert others == wanted
        assert [int(found.around[block, column]) for column in columns] == [int(tokens[other]) for other in others]
        assert reach <= window
    assert not found.near.flatten(0, 1)[len(tokens) :].any()


def test_each_half_width_is_drawn_as_often():
    """In the middle of a long document."""
    tokens = torch.zeros(100_000, dtype=torch.int64)
    near = windows(tokens, tokens, 5, generator(1)).near.flatten(0, 1)[10:-100]
    width = near.sum(1) / 2
    shares = torch.bincount(width.long(), minlength=6) / len(width)
    assert shares.tolist() == pytest.approx([0, 0.2, 0.2, 0.2, 0.2, 0.2], abs=3 * 0.4 / math.sqrt(len(width)))


def test_parts_make_the_whole():
    tokens = torch.randint(0, 9, (7 * BLOCK,), generator=generator())
    whole = windows(tokens, torch.zeros_like(tokens), 2, generator())
    parts = whole.split(3)
    assert [len(part.centre) for part in parts] == [3, 3, 1]
    for name in whole._fields:
        assert torch.equal(torch.cat([getattr(part, name) for part in parts]), getattr(whole, name))
