import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from embedbench.functional.moments import axes_of_rows, covariance, principal_axes, varying


def test_axes_equal_scikit_learn_up_to_sign():
    x = np.random.default_rng(0).normal(size=(50, 6)) @ np.diag([5, 4, 3, 2, 1, 0.5]) + 10
    rows = torch.tensor(x)
    mean, cov = covariance(torch.tensor(50.0).double(), rows.sum(0), rows.T @ rows)
    axes, variance = principal_axes(cov)
    reference = PCA().fit(x)
    assert mean.numpy() == pytest.approx(reference.mean_, abs=1e-12)
    assert variance.numpy() * 50 / 49 == pytest.approx(reference.explained_variance_, rel=1e-9)
    assert np.abs(np.sum(axes.numpy() * reference.components_, axis=1)) == pytest.approx(1, abs=1e-9)


def test_sign_is_fixed():
    """Of 20 random covariances some eigenvectors come with either sign: here the largest entry is always positive."""
    for seed in range(20):
        x = torch.randn(30, 6, generator=torch.Generator().manual_seed(seed)).double()
        axes, _ = principal_axes(x.T @ x)
        pivots = axes.gather(1, axes.abs().argmax(1, keepdim=True))
        assert bool((pivots > 0).all())
        assert torch.equal(axes, principal_axes(x.T @ x)[0])


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e4])
def test_a_feature_varies_by_a_thousandth_of_the_median_spread(unit):
    spread = torch.tensor([1.1e-3, 0.9e-3, 0, 1, 1, 1, 1, 1000]).double() * unit
    assert varying(spread.square()).tolist() == [True, False, False, True, True, True, True, True]


def test_what_rounding_leaves_of_constants_does_not_count():
    assert varying(torch.tensor([1e-17, 2e-17, 1e-17, 0.5]).double()).tolist() == [False, False, False, True]
    assert varying(torch.zeros(3).double()).tolist() == [False, False, False]


def test_axes_of_few_rows_are_those_of_their_covariance():
    x = torch.randn(6, 15, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    centred = x - x.mean(0)
    axes, variance = axes_of_rows(centred)
    expected, spread = principal_axes(centred.T @ centred / 6)
    torch.testing.assert_close(variance, spread[:6])
    torch.testing.assert_close(axes[:5], expected[:5])
    torch.testing.assert_close(axes @ axes.T, torch.eye(6, dtype=torch.float64))
