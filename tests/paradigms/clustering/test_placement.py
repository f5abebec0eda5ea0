"""Other rows among points that were laid out."""

import numpy as np
import pytest
import torch

from embedbench.functional.fuzzy_graph import memberships
from embedbench.functional.neighbor_loss import curve
from embedbench.paradigms.clustering import placement
from embedbench.paradigms.clustering.placement import place

KERNEL = curve(0.0, 1.0)


@pytest.fixture
def laid():
    """Two groups of 50 rows, and where they lie."""
    noise = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    rows = noise + 8 * (torch.arange(100) % 2)[:, None]
    return rows, torch.stack([rows.sum(1), rows[:, 0] - rows[:, 1]], dim=1)


def test_a_row_that_was_laid_out_has_its_own_point_but_for_rounding(laid):
    rows, points = laid
    assert torch.equal(place(rows + 1e-6, rows, points, 10, KERNEL), points)


def test_rows_begin_at_the_weighted_mean_of_their_neighbours(laid, monkeypatch):
    """By weights exp(−d/σ) that add up to log₂ k, the nearest aside: as umap-learn places rows, in which ρ is 0."""
    rows, points = laid
    monkeypatch.setattr(placement, "_EPOCHS", 0)
    z = rows[:7] + 0.3
    distance, near = torch.cdist(z.double(), rows.double()).topk(10, largest=False)
    weight = memberships(distance.numpy(), certain=False)
    np.testing.assert_allclose(weight[:, 1:].sum(1), np.log2(10), atol=1e-4)
    scale = np.log(weight) / distance.numpy()  # -1/σ of each row
    np.testing.assert_allclose(scale, scale[:, :1].repeat(10, 1))
    share = torch.from_numpy(weight / weight.sum(1, keepdims=True)).float()
    torch.testing.assert_close(place(z, rows, points, 10, KERNEL), (share[:, :, None] * points[near]).sum(1))


def test_rows_between_two_groups_move_to_one(laid):
    """Where the mean of the neighbours' points is in neither; the pull of the nearer ones decides."""
    rows, points = laid
    z = torch.full((1, 3), 3.6)
    found = place(z, rows, points, 20, KERNEL)
    assert float((found - points).norm(dim=1).amin()) < 1.5


def test_places_are_the_same_in_any_batch(laid):
    rows, points = laid
    z = rows[:20] + 0.5
    whole = place(z, rows, points, 10, KERNEL)
    torch.testing.assert_close(place(z[4:5], rows, points, 10, KERNEL)[0], whole[4], atol=1e-4, rtol=0)


def test_neighbours_at_one_place_leave_everything_finite():
    rows, points = torch.zeros(12, 2), torch.randn(12, 2, generator=torch.Generator().manual_seed(0))
    assert bool(place(torch.tensor([[0.0, 0.0], [5.0, 0.0]]), rows, points, 5, KERNEL).isfinite().all())
