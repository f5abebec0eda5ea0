"""The shares of several ranks, simulated in one process: their sums are those of all rows, each counted once."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA as SKLEARN
from torch.utils.data import DistributedSampler

from embedbench.errors import RunError
from embedbench.paradigms.classical.pca import PCA
from embedbench.types import Batch, DataSpec

FEATURES = 6


def rows_of(n):
    """Correlated rows of different scales, the first far from the rest: to count one twice shows."""
    x = np.random.default_rng(n).normal(size=(n, FEATURES)) @ np.diag([5, 4, 3, 2, 1, 0.5])
    x[0] += 40
    return torch.from_numpy(x.astype(np.float32))


def share(x, batch_size, rank, ranks, seed):
    """One rank's batches, as Lightning's sampler deals them: padded, so that all ranks get as many."""
    sampler = DistributedSampler(range(len(x)), ranks, rank, shuffle=True, seed=seed)
    return [Batch(x[index], None, index) for index in torch.tensor(list(sampler)).split(batch_size)]


def fitted_over_ranks(x, batch_size, ranks, drop_padding=True, seed=0):
    """A model for each rank's share; the sums of all added up and solved in the first."""
    models = [PCA(DataSpec("tabular", (FEATURES,), len(x), "none"), latent_dim=3) for _ in range(ranks)]
    for rank, model in enumerate(models):
        trainer = SimpleNamespace(world_size=ranks, global_rank=rank)
        model.trainer = trainer
        for number, batch in enumerate(share(x, batch_size, rank, ranks, seed)):
            if drop_padding:
                model.training_step(batch, number)
            else:
                model.accumulate(batch.x, batch.index)
    sums = models[0].sums
    for name in sums.names:
        setattr(sums, name, sum(getattr(model.sums, name) for model in models))
    return models[0]


@pytest.mark.parametrize(("n", "ranks", "batch_size"), [(17, 1, 5), (17, 2, 5), (17, 3, 4), (23, 7, 2), (9, 8, 1)])
def test_any_number_of_ranks_gives_the_exact_solution(n, ranks, batch_size):
    x = rows_of(n)
    model = fitted_over_ranks(x, batch_size, ranks)
    model.on_train_epoch_end()
    reference = SKLEARN(3, svd_solver="full").fit(x.double().numpy())
    np.testing.assert_allclose(model.mean.detach(), reference.mean_, atol=1e-6)
    np.testing.assert_allclose(model.explained_variance_ratio, reference.explained_variance_ratio_, atol=1e-6)
    products = (model.components.detach().numpy() * reference.components_).sum(1)  # the sign of an axis is free
    np.testing.assert_allclose(np.abs(products), 1, atol=1e-6)


def test_padding_that_is_counted_changes_the_solution_and_is_noticed():
    x = rows_of(17)
    # The order of this seed begins with the far row, so that it is the one repeated.
    seed = next(s for s in range(1000) if int(share(x, 1, 0, 3, s)[0].index) == 0)
    model = fitted_over_ranks(x, 4, 3, drop_padding=False, seed=seed)
    sums = model.sums.compute()
    assert int(sums["count"]) == 18
    model.solve(sums)
    exact = fitted_over_ranks(x, 4, 3, seed=seed)
    exact.on_train_epoch_end()
    assert float((model.mean - exact.mean).detach().abs().max()) > 1
    with pytest.raises(RunError, match="the ranks counted 18 of 17 train rows, or some twice"):
        model.on_train_epoch_end()


def test_a_row_in_another_ones_place_is_noticed():
    """As many rows as there should be, but one twice and one never."""
    x = rows_of(12)
    model = PCA(DataSpec("tabular", (FEATURES,), 12, "none"), latent_dim=3)
    index = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10])
    model.accumulate(x[index], index)
    with pytest.raises(RunError, match="the ranks counted 12 of 12 train rows, or some twice"):
        model.on_train_epoch_end()
    assert not bool(model.components.any())
