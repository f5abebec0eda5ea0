"""Hidden parts: as many as asked for, anywhere alike."""

import pytest
import torch

from embedbench.functional.masking import hide, hide_tokens, replace_hidden


@pytest.mark.parametrize(
    ("parts", "ratio", "count"), [(10, 0.3, 3), (49, 0.75, 37), (4, 0.5, 2), (5, 0.01, 1), (5, 0.99, 4), (2, 0.9, 1)]
)
def test_a_share_of_each_row_is_hidden(parts, ratio, count):
    hidden = hide(torch.randn(50, parts), ratio)
    assert hidden.dtype == torch.bool
    assert hidden.sum(1).tolist() == [count] * 50


def test_the_parts_with_the_least_noise_are_hidden():
    assert hide(torch.tensor([[0.3, -1.0, 2.0, 0.1]]), 0.5).tolist() == [[False, True, False, True]]


def test_all_parts_are_hidden_equally_often():
    torch.manual_seed(0)
    share = hide(torch.rand(20_000, 8), 0.25).double().mean(0)
    assert float((share - 0.25).abs().max()) < 5 * (0.25 * 0.75 / 20_000) ** 0.5


# start, three words of 1, 3 and 2 tokens, end, padding; the second row is one word, the third has none.
THERE = torch.tensor([[0, 1, 1, 1, 1, 1, 1, 0, 0], [0, 1, 1, 0, 0, 0, 0, 0, 0], [0] * 9]).bool()
BEGINS = torch.tensor([[0, 1, 1, 0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0] * 9]).bool()
NOISE = torch.tensor([[0.0, 0.9, 0.3, 0.1, 0.2, 0.4, 0.0, 0.0, 0.0]]).expand(3, -1)


@pytest.mark.parametrize(
    ("ratio", "hidden"), [(0.01, [2, 3, 4]), (0.34, [2, 3, 4]), (0.5, [2, 3, 4, 5, 6]), (0.99, [2, 3, 4, 5, 6])]
)
def test_pieces_of_a_word_are_hidden_together(ratio, hidden):
    """Of three words one, one, two (1.5, rounded to even) and, since one has to be seen, two."""
    found = hide_tokens(NOISE, THERE, BEGINS, ratio)
    assert found[0].nonzero()[:, 0].tolist() == hidden
    assert not found[1:].any()


def test_where_each_token_is_a_unit_those_with_the_least_noise_are_hidden():
    found = hide_tokens(NOISE, THERE, torch.ones_like(THERE), 0.5)
    assert found[0].nonzero()[:, 0].tolist() == [3, 4, 6]
    assert found[1].nonzero()[:, 0].tolist() == [2]
    assert not found[2].any()


def test_tokens_of_long_and_of_short_texts_are_hidden_equally_often():
    torch.manual_seed(0)
    there = torch.arange(40) < torch.tensor([[40], [20]]).repeat(5_000, 1)
    share = hide_tokens(torch.rand(10_000, 40), there, there, 0.15)
    assert share[::2].sum(1).unique().tolist() == [6]
    assert share[1::2].sum(1).unique().tolist() == [3]
    assert float((share[::2].double().mean(0) - 0.15).abs().max()) < 5 * (0.15 * 0.85 / 5_000) ** 0.5


def test_words_of_any_length_are_hidden_equally_often():
    torch.manual_seed(0)
    begins = torch.tensor([1, 0, 0, 1, 1, 0, 1, 1]).bool().expand(20_000, -1)
    hidden = hide_tokens(torch.rand(20_000, 8), torch.ones(20_000, 8).bool(), begins, 0.4)
    assert float((hidden.double().mean(0) - 0.4).abs().max()) < 5 * (0.4 * 0.6 / 20_000) ** 0.5


def test_fate_chooses_what_stands_for_a_hidden_token():
    x, chance = torch.tensor([[5, 6, 7, 8]]), torch.tensor([[1, 2, 3, 4]])
    fate, hidden = torch.tensor([[0.79, 0.81, 0.91, 0.1]]), torch.tensor([[True, True, True, False]])
    assert replace_hidden(x, hidden, fate, chance, 99).tolist() == [[99, 2, 7, 8]]


def test_four_in_five_are_masked_and_one_in_ten_is_another():
    torch.manual_seed(0)
    x = torch.full((200, 500), 5)
    found = replace_hidden(x, torch.ones_like(x).bool(), torch.rand(200, 500), torch.full_like(x, 1), 99)
    for token, share in ((99, 0.8), (1, 0.1), (5, 0.1)):
        assert float((found == token).double().mean()) == pytest.approx(
            share, abs=5 * (share * (1 - share) / 1e5) ** 0.5
        )
