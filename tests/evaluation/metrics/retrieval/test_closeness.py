"""Retrieval by closeness of targets against plain loops and scikit-learn's nDCG."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from embedbench.evaluation.metrics.retrieval.closeness import closeness


def rows(seed, ties=False, gallery=90, query=25):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(gallery + query, 4))
    target = z[:, 0] + rng.normal(size=len(z))
    target = np.round(target) if ties else target
    return (z[:gallery], target[:gallery]), (z[gallery:], target[gallery:])


def by_loops(gallery, query):
    """Both measures of each query, by every pair."""
    (z_gallery, known), (z, truth) = gallery, query
    pairs = np.abs(truth[:, None] - known)
    found = []
    for row, target in zip(z, truth, strict=True):
        distance = ((z_gallery - row) ** 2).sum(axis=1)
        gain = 1 / (1 + np.abs(known - target) / known.std())
        near = np.argsort(distance, kind="stable")[:10]
        off = np.abs(known[near] - target).mean() / pairs.mean()
        found.append((off, ndcg_score([gain], [-distance], k=10)))
    return np.array(found).T


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("offset", [0, 1e6])
def test_equals_loops_and_scikit_learn_in_any_unit(make_space, ties, unit, offset):
    gallery, query = rows(0, ties)
    expected = by_loops(gallery, query)
    moved = [(z, (target + offset) * unit) for z, target in (gallery, query)]
    found = closeness.compute(make_space(*moved))
    for name, one in zip(("target_difference@10", "target_ndcg@10"), expected, strict=True):
        np.testing.assert_allclose(found[name], one, atol=1e-8 if not offset else 1e-6)


def test_targets_as_embedding_are_best_and_rows_at_random_are_one(make_space):
    rng = np.random.default_rng(0)
    target = rng.normal(size=3000)
    best = closeness.compute(make_space((target[:2000, None], target[:2000]), (target[2000:, None], target[2000:])))
    np.testing.assert_allclose(best["target_ndcg@10"], 1, atol=1e-12)
    noise = rng.normal(size=(3000, 3))
    worst = closeness.compute(make_space((noise[:2000], target[:2000]), (noise[2000:], target[2000:])))
    assert worst["target_difference@10"].mean() == pytest.approx(1, abs=0.03)
    assert np.mean(best["target_difference@10"]) < 0.02


def test_few_rows_and_constant_targets(make_space):
    few = closeness.compute(make_space((np.eye(3), np.arange(3.0)), (np.eye(3), np.arange(3.0)), neighbors=1))
    assert few["target_difference@10"].shape == (3,)
    assert closeness.compute(make_space((np.eye(3), np.ones(3)), (np.eye(3), np.arange(3.0)), neighbors=1)) == {}
