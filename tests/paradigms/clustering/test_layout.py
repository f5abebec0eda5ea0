"""Points laid out by a graph of neighbours: where they start, how a turn moves them, and what a layout keeps."""

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from embedbench.functional.fuzzy_graph import apart, edges, fuzzy_union, memberships, sample_ends
from embedbench.functional.neighbor_loss import Curve, curve
from embedbench.neighbors.search import search
from embedbench.paradigms.clustering.layout import moved, spectral

UMAP_LEARN = 0.9911  # trustworthiness (k = 10) of umap-learn 0.5.12 in the last test


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def graph(rows, k):
    near = search(rows, rows, k)
    return fuzzy_union(near, memberships(apart(rows, rows, near)))


@pytest.fixture
def weights():
    """A connected graph of 60 rows on a line, whose eigenvalues are apart."""
    x = np.random.default_rng(0).normal(size=(60, 1)).astype(np.float32)
    return graph(np.hstack([x, 0.1 * x**2]), 8)


def test_points_start_at_the_eigenvectors_of_a_dense_solver(weights):
    found = spectral(weights, 3, chance()).double()
    dense = weights.toarray()
    scale = dense.sum(1) ** -0.5
    _, vector = np.linalg.eigh(scale[:, None] * dense * scale)
    wanted = torch.from_numpy(vector[:, [-2, -3, -4]].copy())
    wanted *= 10 / wanted.abs().max()
    wanted *= (found * wanted).sum(0).sign()
    torch.testing.assert_close(found, wanted, atol=0.05, rtol=0)  # a start, found to 1e-4


def test_points_start_at_the_same_places_each_time(weights):
    assert torch.equal(spectral(weights, 2, chance(4)), spectral(weights, 2, chance(4)))


def test_few_rows_leave_the_last_coordinates_at_noise():
    full = sparse.csr_array(np.ones((4, 4)) - np.eye(4))
    found = spectral(full, 5, chance())
    assert found.shape == (4, 5)
    assert found[:, :2].abs().max() == pytest.approx(10, rel=1e-3)
    assert 0 < found[:, 2:].abs().max() < 1e-3


def test_parts_that_nothing_joins_start_apart():
    rng = np.random.default_rng(0)
    blob = [rng.normal(size=(40, 2)) + 1000 * np.array(place) for place in ((0, 0), (1, 0), (0, 1))]
    found = spectral(graph(np.concatenate(blob).astype(np.float32), 6), 2, chance())
    means = torch.stack([part.mean(0) for part in found.split(40)])
    assert torch.pdist(means).min() > 3
    for part, centre in zip(found.split(40), means, strict=True):
        assert 0.1 < (part - centre).norm(dim=1).max() < 2


@pytest.mark.parametrize("kernel", [Curve(1.0, 1.0), curve(0.0, 1.0)])
def test_a_turn_goes_down_the_slope_of_the_cross_entropy(kernel, weights):
    """By autograd: the other rows stand still, and the pull counts twice, since the edge has two ends."""
    points = (4 * torch.randn(60, 3, generator=chance(1))).double()
    linked, seed = edges(weights), 7
    found = moved(points, linked, kernel, 0.5, chance(seed))
    again = chance(seed)
    partner = sample_ends(linked, torch.arange(60), torch.rand(60, dtype=torch.float64, generator=again))
    others = torch.randint(60, (5, 60), generator=again)
    x = points.clone().requires_grad_()

    def q(other):
        return 1 / (1 + kernel.a * (x - points[other]).square().sum(1).clamp(min=1e-9) ** kernel.b)

    slope = torch.autograd.grad(-2 * q(partner).log().sum(), x)[0]
    for other in others:
        away = torch.autograd.grad(-(1 - q(other)).clamp(min=1e-12).log()[other != torch.arange(60)].sum(), x)[0]
        slope = slope + away
    near = torch.stack([(points - points[other]).norm(dim=1) for other in (partner, *others)])
    far = ((near > 1) | (near == 0)).all(0)  # nearer, pushes are floored and cut off
    assert far.sum() > 30
    torch.testing.assert_close((found - points)[far], -0.5 * slope[far], rtol=5e-3, atol=5e-3)


def test_rows_at_one_place_stay_finite(weights):
    points = torch.zeros(60, 2)
    for _ in range(3):
        points = moved(points, edges(weights), curve(0.0, 1.0), 1.0, chance())
    assert points.isfinite().all()


def test_no_pull_or_push_is_longer_than_four_along_an_axis(weights):
    points = 1e-2 * torch.randn(60, 2, generator=chance())
    step = moved(points, edges(weights), curve(0.0, 1.0), 1.0, chance()) - points
    assert step.abs().max() <= 4 * (2 + 5) + 1e-5


@pytest.mark.slow
def test_layout_of_digits_keeps_neighbours_as_umap_learn_does():
    """Ten principal components to two dimensions: umap-learn 0.5.12 with n_neighbors 15, min_dist 0, random_state 0."""
    rows = PCA(10, random_state=0).fit_transform(load_digits().data).astype(np.float32)
    weights = graph(rows, 15)
    points, linked, random = spectral(weights, 2, chance()), edges(weights), chance()
    start = trustworthiness(rows, points.numpy(), n_neighbors=10)
    for turn in range(1000):
        points = moved(points, linked, curve(0.0, 1.0), 1 - turn / 1000, random)
    found = trustworthiness(rows, points.numpy(), n_neighbors=10)
    assert found > UMAP_LEARN - 0.005
    assert found > start + 0.01
