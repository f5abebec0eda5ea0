import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA as SklearnPCA

from embedbench.errors import UsageError
from embedbench.paradigms.classical.pca import PCA
from embedbench.types import DataSpec

DIGITS = load_digits().data


def solved(dim, batch):
    x = torch.tensor(DIGITS, dtype=torch.float32)
    model = PCA(DataSpec("tabular", (64,), len(x), "none"), dim)
    for start in range(0, len(x), batch):
        rows = x[start : start + batch]
        model.accumulate(rows, torch.arange(start, start + len(rows)))
    model.on_train_epoch_end()
    return model


@pytest.mark.parametrize(("dim", "ratio"), [(2, 0.2851), (10, 0.7382), (30, 0.9591)])
def test_explained_variance_of_digits_is_the_known_number(dim, ratio):
    assert round(float(solved(dim, 128).explained_variance_ratio.sum()), 4) == ratio


@pytest.mark.parametrize("batch", [7, 128, 1797])
def test_subspace_and_coordinates_equal_scikit_learn_at_any_batch_size(batch):
    model, reference = solved(10, batch), SklearnPCA(10, svd_solver="full").fit(DIGITS)
    angle = subspace_angles(model.components.detach().numpy().T.astype(np.float64), reference.components_.T).max()
    assert angle < 1e-4
    z = model.embed(torch.tensor(DIGITS, dtype=torch.float32)).detach().numpy()
    assert np.abs(z) == pytest.approx(np.abs(reference.transform(DIGITS)), abs=1e-3)


def test_a_row_that_is_missing_or_counted_twice_is_noticed():
    model = PCA(DataSpec("tabular", (3,), 4, "none"), 2)
    model.accumulate(torch.randn(4, 3), torch.tensor([0, 1, 2, 2]))
    with pytest.raises(RuntimeError, match="counted 4 of 4 train rows, or some twice"):
        model.on_train_epoch_end()


@pytest.mark.parametrize("dim", [0, 4, -1])
def test_latent_size_must_fit_the_input(dim):
    with pytest.raises(UsageError, match="latent_dim"):
        PCA(DataSpec("tabular", (3,), 100, "none"), dim)


def test_a_single_feature_is_taken_as_it_is():
    assert PCA(DataSpec("tabular", (1,), 100, "none")).latent_dim == 1


@pytest.mark.parametrize("batch", [5, 40])
def test_few_rows_of_many_features_equal_scikit_learn(batch):
    """By way of the rows: the covariance of the features would take minutes and gigabytes."""
    x = np.random.default_rng(0).normal(size=(40, 3000)).astype(np.float32)
    model = PCA(DataSpec("image", (3, 10, 100), 40, "none"), 10)
    for start in range(0, 40, batch):
        model.accumulate(torch.from_numpy(x[start : start + batch]), torch.arange(start, min(start + batch, 40)))
    model.on_train_epoch_end()
    reference = SklearnPCA(10, svd_solver="full").fit(x.astype(np.float64))
    assert np.abs(model.embed(torch.from_numpy(x)).detach().numpy()) == pytest.approx(
        np.abs(reference.transform(x)), abs=1e-3
    )
    assert model.explained_variance_ratio.numpy() == pytest.approx(reference.explained_variance_ratio_, rel=1e-5)
    assert sum(state.numel() for state in model.sums.compute().values()) < 40 * 3000 + 4
