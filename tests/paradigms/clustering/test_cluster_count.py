"""A number of clusters that a network's model chooses itself."""

import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from sklearn.metrics import silhouette_score

from embedbench.paradigms.clustering.clusterer import choose_count, mean_silhouette
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer

MODELS = ("categorical_vae", "dec", "vade", "n2d")


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
