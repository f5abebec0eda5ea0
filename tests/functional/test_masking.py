"""Hidden parts: as many as asked for, anywhere alike."""

import pytest
import torch

from embedbench.functional.masking import hide


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
