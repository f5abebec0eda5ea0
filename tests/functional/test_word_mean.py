"""Documents from words, against plain loops and a full SVD."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.functional.word_mean import common_direction, smooth_inverse, token_mean, without_direction, word_mean

PADDING = -1
WORDS, DIM = 6, 4


@pytest.fixture
def vectors():
    return torch.randn(WORDS, DIM, generator=torch.Generator().manual_seed(0))


@given(texts=st.lists(st.lists(st.integers(0, WORDS - 1), max_size=5), min_size=1, max_size=5), seed=st.integers(0, 99))
@settings(deadline=None)
def test_mean_equals_a_plain_loop(texts, seed):
    generator = torch.Generator().manual_seed(seed)
    vectors, weight = torch.randn(WORDS, DIM, generator=generator), torch.rand(WORDS, generator=generator)
    tokens = torch.tensor([text + [PADDING] * (5 - len(text)) for text in texts])
    found = word_mean(vectors, tokens, PADDING, weight)
    for row, text in zip(found, texts, strict=True):
        wanted = sum((weight[w] * vectors[w] for w in text), torch.zeros(DIM)) / max(1, len(text))
        torch.testing.assert_close(row, wanted)


def test_padding_may_be_a_number_behind_the_words(vectors):
    tokens = torch.tensor([[0, 2, WORDS, WORDS]])
    found = word_mean(vectors, tokens, WORDS, torch.ones(WORDS))
    torch.testing.assert_close(found[0], (vectors[0] + vectors[2]) / 2)


def test_smooth_inverse_by_hand():
    """Shares .75, .25 and 0."""
    torch.testing.assert_close(smooth_inverse(torch.tensor([3, 1, 0]), 0.25), torch.tensor([0.25, 0.5, 1.0]))


def test_common_direction_is_the_first_right_singular_vector():
    z = torch.randn(50, DIM, generator=torch.Generator().manual_seed(1)).double() + torch.tensor([0, -3, 0, 1.0])
    direction = common_direction(z.T @ z)
    first = torch.linalg.svd(z).Vh[0]
    torch.testing.assert_close(direction, first * torch.sign(first[first.abs().argmax()]))
    rest = without_direction(z, direction)
    torch.testing.assert_close(rest @ direction, torch.zeros(50).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(z - rest, torch.outer(z @ direction, direction))


def test_mean_of_tokens_leaves_out_padding():
    states = torch.randn(3, 4, DIM, generator=torch.Generator().manual_seed(0))
    there = torch.tensor([[True, True, False, False], [True, False, True, True], [False] * 4])
    found = token_mean(states, there)
    for row in (0, 1):
        torch.testing.assert_close(
            found[row], torch.stack([s for s, t in zip(states[row], there[row], strict=True) if t]).mean(0)
        )
    assert found[2].tolist() == [0] * DIM
