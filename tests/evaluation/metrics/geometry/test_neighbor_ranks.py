"""Neighbours and their ranks are those of a full, stable sort."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.evaluation.metrics.geometry import neighbor_ranks
from embedbench.evaluation.metrics.geometry.neighbor_ranks import ranks

BATCH, N = 7, 2000
RNG = np.random.default_rng(0)


def near_and_far(order):
    """Rows whose first columns, by which the reach is guessed, are the nearest, the farthest or as good as any."""
    return np.sort(RNG.random((BATCH, N)), axis=1)[:, order]


RANDOM = RNG.random((BATCH, N))
SPACES = {
    "alike": (RANDOM, RANDOM * RNG.uniform(0.9, 1.1, (BATCH, N))),
    "unrelated": (RANDOM, RNG.random((BATCH, N))),
    "rising": (RANDOM, near_and_far(np.arange(N))),
    "falling": (RANDOM, near_and_far(np.arange(N)[::-1])),
    "opposite": (RANDOM, 1 - RANDOM),
    "ties": (RNG.integers(0, 5, (BATCH, N)), RNG.integers(0, 900, (BATCH, N))),
    "constant": (np.zeros((BATCH, N)), RANDOM),
    "signed zeros": (np.where(RANDOM < 0.5, 0.0, -0.0), np.where(RANDOM < 0.1, -0.0, 1.0)),
}


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [N, 60])
def test_equals_a_full_sort(name, dtype, rows):
    x, z = (space[:, :rows].astype(dtype) for space in SPACES[name])
    own = RNG.integers(0, rows, BATCH)
    for space in (x, z):
        space[np.arange(BATCH), own] = np.inf
    order = [space.argsort(axis=1, kind="stable") for space in (x, z)]
    rank = [each.argsort(axis=1) + 1 for each in order]
    for k in (1, 10, 50):
        x_near, z_near = (each[:, :k] for each in order)
        input_rank, latent_rank, found_x, found_z = ranks(x, z, k)
        np.testing.assert_array_equal(found_x, x_near)
        np.testing.assert_array_equal(found_z, z_near)
        np.testing.assert_array_equal(input_rank, np.take_along_axis(rank[0], z_near, axis=1))
        np.testing.assert_array_equal(latent_rank, np.take_along_axis(rank[1], x_near, axis=1))


def test_alike_spaces_have_few_distances_sorted(monkeypatch):
    sorted_keys, keys = [], neighbor_ranks._keys
    monkeypatch.setattr(neighbor_ranks, "_keys", lambda *given: sorted_keys.append(given[0].size) or keys(*given))
    x, z = (space.copy() for space in SPACES["alike"])
    ranks(x, z, 10)
    assert sum(sorted_keys) < 0.15 * x.size
