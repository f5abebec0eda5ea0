"""A number of clusters that a network's model chooses itself."""

import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from embedbench.paradigms.clustering.clusterer import choose_count, mean_silhouette, place_clusters, place_evenly
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer

MODELS = ("categorical_vae", "dec", "vade")


@pytest.fixture(scope="module")
def blobs(tmp_path_factory):
    """Three far groups of rows in two dimensions."""
    path = tmp_path_factory.mktemp("blobs") / "blobs.npz"
    rng = np.random.default_rng(0)
    label = np.arange(300) % 3
    centres = np.array([[0.0, 0], [12, 0], [0, 12]])
    np.savez(path, x=(centres[label] + rng.normal(size=(300, 2))).astype(np.float32), y=label)
    return path


@pytest.fixture(scope="module", params=MODELS)
def fitted(request, blobs, tmp_path_factory):
    words = ["--model", request.param, "--data", "arrays", "--data.path", str(blobs), "--threads", "1"]
    words += ["--model.clusters", "auto", "--model.embedding", "assignment", "--trainer.max_steps", "60"]
    parts = resolve(build_request([*words, "--trainer.val_check_interval", "60"]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path_factory.mktemp("run")), model, parts.data)
    return parts, model.eval()


def test_number_is_chosen_on_validation(fitted):
    parts, model = fitted
    assert int(model.count) == 3
    assert "3 clusters, the best of 2 to 20 on validation" in model.cluster_notes()
    assert set(model.clusters(parts.data.tensors("test")[0]).tolist()) <= {0, 1, 2}


def test_assignment_has_room_for_the_most_clusters(fitted):
    parts, model = fitted
    z = model.embed(parts.data.tensors("test")[0])
    assert z.shape[1] == model.latent_dim == 20
    assert not z[:, 3:].any()
    torch.testing.assert_close(z.sum(1), torch.ones(len(z)))


def test_number_survives_the_disk(fitted):
    parts, model = fitted
    twin = parts.make_model(parts.data.spec).eval()
    twin.load_state_dict(model.state_dict())
    x = parts.data.tensors("test")[0]
    assert torch.equal(twin.embed(x), model.embed(x))


def test_other_rows_than_those_clustered_choose():
    """Four tight groups, two by two near each other; of the validation rows each two groups are one."""
    rng = np.random.default_rng(2)
    centres = np.array([[0.0, 0], [3, 0], [20, 0], [23, 0]])
    train = torch.from_numpy(centres[np.arange(80) % 4] + 0.1 * rng.normal(size=(80, 2)))
    between = torch.from_numpy(np.column_stack([20 * (np.arange(60) % 2) + rng.uniform(0, 3, 60), np.zeros(60)]))
    assert choose_count(train, train, [2, 3, 4], restarts=10) == 4
    assert choose_count(train, between, [2, 3, 4], restarts=10) == 2


def test_choice_is_the_best_silhouette():
    rng = np.random.default_rng(1)
    label = np.arange(160) % 4
    rows = torch.from_numpy(8 * np.eye(4)[label] + rng.normal(size=(160, 4)))
    assert choose_count(rows[:100], rows[100:], [2, 3, 4, 5, 6], restarts=10) == 4
    assert choose_count(rows[:100], rows[100:], [7], restarts=1) == 7
    group = torch.from_numpy(label)
    assert mean_silhouette(rows, group) == pytest.approx(silhouette_score(rows.numpy(), label), abs=1e-6)
    assert mean_silhouette(rows, torch.zeros_like(group)) == -1


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_long_clusters_are_found_in_their_own_unit(offset):
    """Three long clusters side by side: k-means cuts across them, and so does a mixture that starts from k-means."""
    torch.manual_seed(0)
    truth = torch.arange(900) % 3
    rows = torch.randn(900, 2) * torch.tensor([2.0, 0.3])
    rows[:, 1] += 3 * truth
    rows = rows @ torch.tensor([[1.0, 1], [-1, 1]]) + offset
    peers = KMeans(3, n_init=5, random_state=0), GaussianMixture(3, n_init=5, random_state=0)
    assert all(adjusted_rand_score(truth, peer.fit_predict(rows)) < 0.6 for peer in peers)
    found = place_clusters(rows, 3, 5)
    z = rows @ found.unit
    mine = torch.cdist(z, found.means).argmin(1)
    assert adjusted_rand_score(truth, mine) == 1
    within = z - torch.stack([z[mine == k].mean(0) for k in range(3)])[mine]
    torch.testing.assert_close(within.T @ within / 900, torch.eye(2), atol=1e-3, rtol=0)


def test_latents_that_do_not_differ_are_placed():
    found = place_clusters(torch.ones(12, 2), 3, 2)
    assert torch.equal(found.unit, torch.eye(2))
    assert bool(found.means.isfinite().all())


def test_a_small_group_takes_rows_of_a_large_one_where_clusters_are_even():
    torch.manual_seed(0)
    rows = torch.randn(660, 2)
    rows[600:] += 5
    free, even = (place(rows, 2, 5) for place in (place_clusters, place_evenly))
    sizes = [torch.cdist(rows @ found.unit, found.means).argmin(1).bincount().tolist() for found in (free, even)]
    assert sorted(sizes[0]) == pytest.approx([60, 600], abs=15)
    assert min(sizes[1]) > 150  # 219 ± 11 over seeds


def test_even_clusters_have_a_spread_of_one_around_their_means():
    torch.manual_seed(0)
    rows = torch.randn(600, 2) * torch.tensor([3.0, 0.2]) + 50 * (torch.arange(600) % 3)[:, None]
    found = place_evenly(rows, 3, 3)
    z = rows @ found.unit
    square, mine = torch.cdist(z, found.means).square().min(1)
    assert adjusted_rand_score(torch.arange(600) % 3, mine) == 1
    assert float(square.mean()) / 2 == pytest.approx(1, rel=1e-3)
    assert found.repaired == 0


def test_latents_that_do_not_differ_are_placed_evenly():
    found = place_evenly(torch.ones(12, 2), 3, 2)
    assert bool(found.means.isfinite().all())
    assert bool(found.unit.isfinite().all())
