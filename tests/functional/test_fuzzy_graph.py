"""UMAP's graph against umap-learn 0.5.12's numbers, and edges drawn by their weights."""

import math

import numpy as np
import pytest
import torch
from scipy import sparse

from embedbench.functional.fuzzy_graph import apart, edges, fuzzy_union, memberships, sample_ends, scales

POINTS = [(0, 0), (1, 0), (1, 0), (0, 2), (3, 1), (3, 2), (9, 9), (9, 9), (9, 9), (9, 9), (4, 7), (6, 1)]
X = np.array(POINTS, np.float32)  # rows that coincide, fewer and as many as the neighbours
NEAR = np.array(
    [
        *[(0, 1, 2, 3), (1, 2, 0, 3), (2, 1, 0, 3), (3, 0, 1, 2), (4, 5, 1, 2), (5, 4, 1, 2)],
        *[(6, 7, 8, 9), (7, 6, 8, 9), (8, 6, 7, 9), (9, 6, 7, 8), (10, 5, 6, 7), (11, 4, 5, 1)],
    ]
)
# What umap.umap_.smooth_knn_dist(distances, 4.0) and fuzzy_simplicial_set with the same neighbours give.
SIGMA = [0.0625] * 3 + [0.340576, 1.783264, 2.637878] + [0.001171] * 4 + [0.412819, 1.070251]
RHO = [1, 1, 1, 2, 1, 1, 0, 0, 0, 0, 5.09902, 3]
HALVES = [(1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5), (6, 10), (7, 10)]
SURE = [(0, 1), (0, 2), (0, 3), (1, 2), (4, 5), (4, 11), (5, 10), (6, 7), (6, 8), (6, 9), (7, 8), (7, 9), (8, 9)]


def test_scales_are_umap_learns():
    found = scales(apart(X, X, NEAR))
    assert found.sigma == pytest.approx(SIGMA, abs=2e-6)
    assert found.rho == pytest.approx(RHO, abs=1e-5)


def test_scales_solve_their_equation():
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    near = np.argsort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, :10]
    assert memberships(apart(x, x, near))[:, 1:].sum(1) == pytest.approx([math.log2(10)] * 50, abs=1e-4)


def test_union_is_umap_learns():
    wanted = np.zeros((12, 12))
    for value, pairs in ((1.0, SURE), (0.5, HALVES), (0.140684, [(1, 11)]), (0.85931, [(5, 11)])):
        for one, other in pairs:
            wanted[one, other] = wanted[other, one] = value
    found = fuzzy_union(NEAR, memberships(apart(X, X, NEAR))).toarray()
    assert found == pytest.approx(wanted, abs=5e-6)


def test_rows_at_one_place_are_sure_neighbours():
    x, near = np.ones((5, 2), np.float32), np.array([(i, *{0, 1, 2, 3, 4} - {i})[:3] for i in range(5)])
    assert (memberships(apart(x, x, near)) == 1).all()


def test_distances_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    rows, others = rng.normal(size=(700, 4)).astype(np.float32), rng.normal(size=(9, 4)).astype(np.float32)
    index = rng.integers(9, size=(700, 3))
    wanted = [[np.linalg.norm(row - others[j]) for j in places] for row, places in zip(rows, index, strict=True)]
    assert apart(rows, others, index) == pytest.approx(np.array(wanted), rel=1e-6)


def test_edges_are_drawn_by_their_weights():
    weight = np.array([[0, 3, 1, 0], [3, 0, 0, 0.5], [1, 0, 0, 1], [0, 0.5, 1, 0]])
    graph = edges(sparse.csr_array(weight))
    noise = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    for row in range(4):
        ends = sample_ends(graph, torch.full((1000,), row), noise)
        share = torch.bincount(ends, minlength=4) / 1000
        assert share.tolist() == pytest.approx(weight[row] / weight[row].sum(), abs=1e-3)
    assert sample_ends(graph, torch.arange(4), torch.zeros(4, dtype=torch.float64)).tolist() == [1, 0, 0, 1]
    assert sample_ends(graph, torch.arange(4), torch.full((4,), 1 - 2.0**-53, dtype=torch.float64)).tolist() == [
        2,
        3,
        3,
        2,
    ]
