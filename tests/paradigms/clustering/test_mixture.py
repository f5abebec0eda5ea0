"""Densities, sums and steps of mixtures, against scikit-learn and by hand."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture as Reference

from embedbench.paradigms.clustering.mixture import Mixture, fit_em, log_joint, maximise, parameters, statistics

KINDS = {"diagonal": "diag", "full": "full"}


def test_density_by_hand():
    model = Mixture(torch.tensor([0.25, 0.75]), torch.tensor([[0.0], [3.0]]), torch.tensor([[1.0], [0.5]]))
    found = log_joint(model, torch.tensor([[1.0]]))[0].tolist()
    normal = -0.5 * math.log(2 * math.pi)
    assert found == pytest.approx([math.log(0.25) + normal - 0.5, math.log(0.75) + normal - math.log(2) - 0.5])


@pytest.mark.parametrize("offset", [1e4, 1e8])
def test_an_offset_costs_no_digits(offset):
    rng = torch.Generator().manual_seed(0)
    x, means = (torch.randn(rows, 5, generator=rng, dtype=torch.float64) for rows in (40, 3))
    model = Mixture(torch.full((3,), 1 / 3).double(), means, torch.full((3, 5), 2.0).double())
    shift = torch.full((5,), offset, dtype=torch.float64)
    there = log_joint(model._replace(means=means + shift), x + shift)
    torch.testing.assert_close(there, log_joint(model, x), rtol=0, atol=1e-15 * offset * 100)


@pytest.mark.parametrize("covariance", KINDS)
def test_steps_are_those_of_scikit_learn(covariance):
    """One step from the same parameters."""
    x = (
        torch.randn(200, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        @ torch.tensor([[1.0, 0.5, 0], [0, 2, 0.3], [0, 0, 0.7]]).double()
    )
    shares = torch.rand(200, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64).pow(4)
    shares = shares / shares.sum(1, keepdim=True)
    full = covariance == "full"
    start, _ = maximise(statistics(x, shares, full=full), 1e-6)
    precisions = (
        start.precision_cholesky @ start.precision_cholesky.transpose(1, 2)
        if full
        else start.precision_cholesky.square()
    )
    start_at = {"weights_init": start.weights, "means_init": start.means, "precisions_init": precisions}
    how = {"covariance_type": KINDS[covariance], "max_iter": 1, "tol": 0}
    with warnings.catch_warnings(action="ignore"):
        peer = Reference(4, **how, **{name: part.numpy() for name, part in start_at.items()}).fit(x.numpy())
    model, repaired = maximise(statistics(x, log_joint(start, x).softmax(1), full=full), 1e-6)
    assert repaired == 0
    np.testing.assert_allclose(model.weights, peer.weights_, rtol=1e-9)
    np.testing.assert_allclose(model.means, peer.means_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.precision_cholesky, peer.precisions_cholesky_, rtol=1e-6, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.integers(1, 29))
def test_sums_of_parts_are_those_of_the_whole(seed, full, cut):
    generator = torch.Generator().manual_seed(seed)
    x, shares = torch.randn(30, 3, generator=generator), torch.rand(30, 2, generator=generator)
    whole = statistics(x, shares, full=full)
    one, two = (statistics(x[part], shares[part], full=full) for part in (slice(cut), slice(cut, 30)))
    for name, value in whole.items():
        torch.testing.assert_close(one[name] + two[name], value, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("full", [False, True])
def test_a_step_never_lowers_the_likelihood(full):
    x = torch.randn(300, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64).cumsum(1)
    shares = torch.rand(300, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    model, _ = maximise(statistics(x, shares / shares.sum(1, keepdim=True), full=full), 1e-9)
    last = -math.inf
    for _ in range(20):
        joint = log_joint(model, x)
        now = float(joint.logsumexp(1).mean())
        assert now >= last - 1e-6
        last, (model, _) = now, maximise(statistics(x, joint.softmax(1), full=full), 1e-9)


@pytest.mark.parametrize("full", [False, True])
def test_a_component_without_rows_takes_half_of_the_largest(full):
    x = torch.tensor([[0.0, 0], [0, 4], [9, 9]], dtype=torch.float64)
    shares = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 1]], dtype=torch.float64)
    model, repaired = maximise(statistics(x, shares, full=full), 1e-6)
    assert repaired == 1
    assert model.weights.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert model.means[1].tolist() == pytest.approx([0, 4], abs=1e-5)
    assert bool(log_joint(model, x).isfinite().all())


def test_parameters_are_those_that_scikit_learn_counts():
    for covariance, name in KINDS.items():
        peer = Reference(3, covariance_type=name).fit(np.random.default_rng(0).normal(size=(40, 5)))
        assert parameters(3, 5, full=covariance == "full") == peer._n_parameters()


def test_clusters_of_equal_rows_far_from_0():
    """Rounding leaves such a covariance a negative variance in some direction."""
    rng = torch.Generator().manual_seed(0)
    centroids = 1e6 * torch.randn(7, 7, generator=rng, dtype=torch.float64)
    rows = centroids.repeat_interleave(30, 0)
    found = fit_em(rows, centroids, full=True, floor=1e-3)
    assert math.isfinite(found.log_likelihood)
    assert log_joint(found.model, rows).argmax(1).tolist() == [k for k in range(7) for _ in range(30)]
