"""Kernels and losses of neighbour embedding against umap-learn's numbers and plain loops."""

import math

import numpy as np
import pytest
import torch

from embedbench.functional.neighbor_loss import Curve, Positives, both_ways, curve, infonce, umap


# What umap.umap_.find_ab_params(spread, min_dist) of umap-learn 0.5.12 gives.
@pytest.mark.parametrize(
    ("min_dist", "spread", "wanted"),
    [
        (0.1, 1.0, (1.57694346, 0.89506088)),
        (0.5, 1.0, (0.58303002, 1.33416699)),
        (0.0, 2.0, (0.64604667, 0.79049449)),
        (0.99, 1.0, (0.1193053, 1.91639042)),
    ],
)
def test_curve_is_umap_learns_and_the_best(min_dist, spread, wanted):
    found = curve(min_dist, spread)
    assert found == pytest.approx(wanted, rel=1e-5)
    distance = np.linspace(0, 3 * spread, 300)
    target = np.where(distance < min_dist, 1, np.exp(-(distance - min_dist) / spread))

    def error(a, b):
        return ((1 / (1 + a * distance ** (2 * b)) - target) ** 2).sum()

    assert all(
        error(*found) < error(found.a + one, found.b + other) for one in (-0.01, 0.01) for other in (-0.01, 0, 0.01)
    )


@pytest.fixture
def pairs():
    torch.manual_seed(0)
    anchor, positive, other = (torch.randn(rows, 3).double() for rows in (6, 6, 9))
    return Positives(anchor, positive, other, torch.rand(6, 9) > 0.3)


def pushed(pairs, row):
    return [other for other, counts in zip(pairs.other, pairs.counted[row], strict=True) if counts]


def test_umap_equals_a_plain_loop(pairs):
    a, b = 1.6, 0.9

    def odds(one, other):  # of 1 - q
        return a * (float((one - other).square().sum()) + 1e-3) ** b

    drawn = [math.log(1 + odds(one, other)) for one, other in zip(pairs.anchor, pairs.positive, strict=True)]
    apart = [math.log(1 + 1 / odds(one, other)) for row, one in enumerate(pairs.anchor) for other in pushed(pairs, row)]
    attraction, repulsion = umap(pairs, Curve(a, b), 5)
    assert float(attraction) == pytest.approx(sum(drawn) / 6, rel=1e-9)
    assert float(repulsion) == pytest.approx(5 * sum(apart) / len(apart), rel=1e-9)


def test_infonce_equals_a_plain_loop(pairs):
    def near(one, other):
        return 1 / (1 + float((one - other).square().sum()))

    total = 0.0
    for row, (one, positive) in enumerate(zip(pairs.anchor, pairs.positive, strict=True)):
        q = near(one, positive)
        total -= math.log(q / (q + sum(near(one, other) for other in pushed(pairs, row)))) / 6
    assert float(infonce(pairs)) == pytest.approx(total, rel=1e-9)


def test_pairs_attract_both_ways_and_are_pushed_from_the_others():
    """Rows 4 and 7, and 7 and 5, are pairs: 7 is there twice, and never pushed from itself nor from its positive."""
    z = torch.arange(8.0).view(4, 2)
    pairs = both_ways(z, torch.tensor([4, 7, 7, 5]), torch.tensor([7, 5, 4, 7]))
    assert torch.equal(pairs.anchor, z)
    assert torch.equal(pairs.positive, z[[2, 3, 0, 1]])
    assert torch.equal(pairs.other, z)
    assert pairs.counted.int().tolist() == [[0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]]


def test_nobody_to_be_pushed_from_is_no_loss():
    z = torch.zeros(2, 2, requires_grad=True)
    alone = Positives(z, z.roll(1, 0), z, torch.zeros(2, 2, dtype=torch.bool))
    assert float(umap(alone, Curve(1.6, 0.9), 5)[1].detach()) == 0
    infonce(alone).backward()
    assert z.grad is not None
    assert z.grad.isfinite().all()
