"""Pairs fall into the cells that plain arithmetic puts them in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embedbench.evaluation.metrics.geometry.distances import Dense, Given
from embedbench.evaluation.metrics.geometry.grid import PairGrid

N = 60
ROWS = [np.random.default_rng(0).normal(size=(N, dim)).astype(np.float32) for dim in (4, 2)]
ORDER = np.arange(N)


def test_equals_a_histogram_with_open_ends():
    both = [Dense(rows, ORDER) for rows in ROWS]
    grid = PairGrid(*both)
    x, z = (space.block(0, N) for space in both)
    edges = []
    for space in (x, z):
        low, high = np.quantile(space[:16], (0.001, 0.999))
        inner = np.linspace(low, high, 257)[1:-1]
        edges.append(np.concatenate([[-np.inf], inner, [np.inf]]))
    expected = np.histogram2d(x.ravel(), z.ravel(), edges)[0]
    np.testing.assert_array_equal(grid.count(x, z), expected)
    assert grid.counts.sum() == 0
    grid.add(x, z)
    grid.add(x[:5], z[:5])
    np.testing.assert_array_equal(grid.counts, grid.count(x, z) + grid.count(x[:5], z[:5]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances_without_a_spread_share_a_cell(dtype):
    flat, spread = Given(np.ones((N, N), np.float32), ORDER), Dense(ROWS[0], ORDER)
    counts = PairGrid(flat, spread).count(flat.block(0, N).astype(dtype), spread.block(0, N).astype(dtype))
    assert (counts.sum(axis=1) > 0).sum() == 1
    assert counts.sum() == N * N


def test_threads_lose_no_pair():
    both = [Dense(rows, ORDER) for rows in ROWS]
    grid = PairGrid(*both)
    x, z = (space.block(0, N) for space in both)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: grid.add(x, z), range(200)))
    np.testing.assert_array_equal(grid.counts, 200 * grid.count(x, z))
