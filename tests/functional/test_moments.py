import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from embedbench.functional.moments import covariance, principal_axes


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
