"""Relational distillation against plain loops."""

import math
from itertools import permutations

import pytest
import torch

from embedbench.paradigms.relational.distill import angle_term, distance_term


def huber(a, b):
    error = abs(a - b)
    return error**2 / 2 if error < 1 else error - 0.5


@pytest.fixture
def spaces():
    torch.manual_seed(0)
    return torch.randn(7, 3).double(), 5 * torch.randn(7, 4).double() ** 3  # far apart, so that both parts count


def test_distances_equal_a_plain_loop(spaces):
    def relative(z):
        lengths = {(i, j): math.dist(z[i], z[j]) for i, j in permutations(range(7), 2)}
        mean = sum(lengths.values()) / len(lengths)
        return [length / mean for length in lengths.values()]

    pairs = list(zip(*(relative(z.tolist()) for z in spaces), strict=True))
    assert float(distance_term(*spaces)) == pytest.approx(sum(huber(a, b) for a, b in pairs) / len(pairs), rel=1e-9)


def test_angles_equal_a_plain_loop(spaces):
    def cosines(z):
        return [
            float(torch.nn.functional.cosine_similarity(z[j] - z[i], z[k] - z[i], dim=0))
            for i, j, k in permutations(range(7), 3)
        ]

    pairs = list(zip(*map(cosines, spaces), strict=True))
    assert float(angle_term(*spaces)) == pytest.approx(sum(huber(a, b) for a, b in pairs) / len(pairs), rel=1e-9)


@pytest.mark.parametrize("term", [distance_term, angle_term])
def test_a_turned_moved_and_scaled_space_is_the_same(term, spaces):
    z, other = spaces
    turn = torch.linalg.qr(torch.randn(3, 3).double())[0]
    moved = 3.0 * z @ turn + 2
    assert float(term(z, moved)) == pytest.approx(0, abs=1e-12)
    assert float(term(moved, other)) == pytest.approx(float(term(z, other)), rel=1e-9)


@pytest.mark.parametrize("term", [distance_term, angle_term])
def test_equal_rows_and_few_rows_send_finite_gradients(term):
    for rows in (1, 2, 5):
        z = torch.ones(rows, 2, requires_grad=True)
        term(z, torch.randn(rows, 3)).backward()
        assert z.grad is not None
        assert z.grad.isfinite().all()
