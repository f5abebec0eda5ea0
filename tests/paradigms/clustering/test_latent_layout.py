"""Places of latents: apart where clusters are, the same each time, however many looks they are moved in."""

import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score

from embedbench.paradigms.clustering.latent_layout import LatentLayout


@pytest.fixture
def latents():
    """Three groups that overlap at their rims, in four dimensions."""
    noise = torch.randn(240, 4, generator=torch.Generator().manual_seed(0))
    return noise + 4 * torch.eye(4)[:3].repeat_interleave(80, 0)


def test_curved_clusters_come_apart():
    """Two moons: k-means cuts across both, and finds them in the layout."""
    x, truth = make_moons(600, noise=0.05, random_state=0)
    z = torch.from_numpy(x).float()
    layout = LatentLayout(z, 15, 0)
    layout.advance(1.0)
    before, after = (KMeans(2, n_init=5, random_state=0).fit_predict(rows) for rows in (z, layout.goal))
    assert adjusted_rand_score(truth, before) < 0.6
    assert adjusted_rand_score(truth, after) > 0.95


def test_goal_is_white_around_zero(latents):
    layout = LatentLayout(latents, 10, 0)
    for share in (0.0, 0.3):
        layout.advance(share)
        torch.testing.assert_close(layout.goal.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
        torch.testing.assert_close(layout.goal.T @ layout.goal / 240, torch.eye(4), atol=1e-3, rtol=0)


def test_turns_are_the_same_in_one_look_or_many(latents):
    once, often = LatentLayout(latents, 10, 3), LatentLayout(latents, 10, 3)
    once.advance(0.2)
    for share in (0.05, 0.05, 0.1234, 0.2):
        often.advance(share)
    assert torch.equal(once.goal, often.goal)
    assert not torch.equal(once.goal, LatentLayout(latents, 10, 3).goal)


def test_notes_tell_of_parts(latents):
    assert not LatentLayout(latents, 30, 0).notes
    (note,) = LatentLayout(latents + torch.tensor([0.0, 1000]).repeat_interleave(120)[:, None], 5, 0).notes
    assert "of 240 latents falls into" in note
