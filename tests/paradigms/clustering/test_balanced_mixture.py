"""Mixtures whose clusters are of one size: Sinkhorn's division of rows, and what mixtures become of it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.paradigms.clustering.balanced_mixture import balanced_responsibilities, fit_balanced
from embedbench.paradigms.clustering.mixture import fit_em, log_joint


def blobs(*sizes, apart=8.0):
    noise = torch.randn(sum(sizes), 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    places = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes)).double()
    return noise + apart * torch.stack([places, (places % 2)], dim=1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 6), st.floats(0.1, 20))
def test_rows_are_divided_evenly_by_a_weight_for_each_cluster(seed, clusters, scale):
    """What scaling rows and columns makes even is the one nearest to what it was made of (Sinkhorn & Knopp, 1967)."""
    joint = scale * torch.randn(200, clusters, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found, weight = balanced_responsibilities(joint, torch.ones(clusters, dtype=torch.float64))
    torch.testing.assert_close(found.sum(1), torch.ones(200, dtype=torch.float64))
    assert float((found.sum(0) * clusters / 200 - 1).abs().max()) < 0.02
    torch.testing.assert_close(found, (joint + weight.log()).softmax(1))


@pytest.mark.parametrize("full", [True, False])
def test_even_clusters_are_those_of_the_likeliest_mixture(full):
    x = blobs(300, 300, 300)
    x = x - x.mean(0)
    starts = x[[0, 300, 600]]
    found, log_likelihood, _, repaired = fit_balanced(x, starts, full=full, floor=1e-6)
    wanted = fit_em(x, starts, full=full, floor=1e-6).model
    assert repaired == 0
    assert log_likelihood == pytest.approx(float(log_joint(found, x).logsumexp(1).mean()), abs=1e-3)
    torch.testing.assert_close(found.weights, torch.full((3,), 1 / 3, dtype=torch.float64))
    torch.testing.assert_close(found.means, wanted.means, atol=1e-4, rtol=0)
    torch.testing.assert_close(found.precision_cholesky, wanted.precision_cholesky, atol=1e-4, rtol=0)


def test_a_large_cluster_gives_rows_to_a_small_one():
    x = blobs(600, 200, apart=4.0)
    x = x - x.mean(0)
    starts = x[[0, 700]]
    even = fit_balanced(x, starts, full=False, floor=1e-6).model
    free = fit_em(x, starts, full=False, floor=1e-6).model
    sizes = {
        name: log_joint(model, x).argmax(1).bincount().tolist() for name, model in (("balanced", even), ("free", free))
    }
    assert sizes["free"] == pytest.approx([600, 200], abs=5)
    assert min(sizes["balanced"]) > 240


def test_few_rows_far_from_the_others_leave_everything_finite():
    """At 140 deviations the other cluster's density is 0 in any float."""
    x = blobs(5000, 2, apart=100.0)
    x = x - x.mean(0)
    model = fit_balanced(x, x[[0, 5001]], full=False, floor=1e-6).model
    assert all(bool(part.isfinite().all()) for part in model)


def test_rows_are_not_given_away_at_any_price():
    """Clusters 20 deviations apart keep their rows: a weight of e^10 doesn't make up for densities e^200 apart."""
    x = blobs(600, 200, apart=20.0)
    x = x - x.mean(0)
    model = fit_balanced(x, x[[0, 700]], full=True, floor=1e-6).model
    found, weight = balanced_responsibilities(log_joint(model, x), torch.ones(2, dtype=torch.float64))
    assert found.sum(0).tolist() == pytest.approx([600, 200], abs=1)
    torch.testing.assert_close(weight.log(), torch.tensor([-10.0, 10.0], dtype=torch.float64))
