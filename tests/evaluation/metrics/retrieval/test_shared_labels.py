"""Retrieval by shared labels against plain loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score

from embedbench.evaluation.metrics.base import Linearised
from embedbench.evaluation.metrics.retrieval import shared_labels as module
from embedbench.evaluation.metrics.retrieval.shared_labels import shared_labels


def rows(seed, gallery=130, query=30, labels=6, ties=False):
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 3, (gallery + query, 4)) if ties else rng.normal(size=(gallery + query, 4))
    hot = (rng.random((gallery + query, labels)) < 0.25).astype(np.int8)
    z = z + hot @ rng.integers(0, 2, (labels, 4))
    return (z[:gallery], hot[:gallery]), (z[gallery:], hot[gallery:])


def by_loops(gallery, query, depth=100):
    """The measures of each query that has a label, by every gallery row."""
    found = []
    for z, hot in zip(*query, strict=True):
        if not hot.any():
            continue
        order = np.argsort(((gallery[0] - z) ** 2).sum(axis=1), kind="stable")
        common = (gallery[1] & hot).sum(axis=1)
        gain = 2.0 ** common[order] - 1
        ideal = -np.sort(-(2.0**common - 1))
        discount = 1 / np.log2(np.arange(2, 12))
        best = ideal[:10] @ discount[: len(ideal)]
        ndcg = gain[:10] @ discount[: len(gain)] / best if common.any() else 0
        total, right = 0.0, 0
        for rank, row in enumerate(order[:depth], 1):
            right += common[row] > 0
            total += right / rank if common[row] > 0 else 0
        found.append((float(common[order[0]] > 0), ndcg, total / max(1, min((common > 0).sum(), depth, len(order)))))
    return np.array(found)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("gallery", [130, 7])
def test_equals_loops(make_space, seed, ties, gallery):
    pair = rows(seed, gallery, ties=ties)
    found = shared_labels(make_space(*pair))
    np.testing.assert_allclose([*found.values()], by_loops(*pair).mean(axis=0), atol=1e-9)
    assert tuple(found) == ("shared@1", "shared_ndcg@10", "shared_map@100")


def test_equals_scikit_learn_where_the_gallery_is_short(make_space):
    gallery, query = rows(3, gallery=90)
    keep = query[1].any(axis=1)
    query = query[0][keep], query[1][keep]
    found = shared_labels.compute(make_space(gallery, query))
    distance = np.array([((gallery[0] - z) ** 2).sum(axis=1) for z in query[0]])
    common = query[1].astype(int) @ gallery[1].T
    theirs = [average_precision_score(one > 0, -far) for one, far in zip(common, distance, strict=True)]
    np.testing.assert_allclose(found["shared_map@100"], theirs, atol=1e-9)
    assert found["shared_ndcg@10"].mean() == pytest.approx(ndcg_score(2.0**common - 1, -distance, k=10), abs=1e-9)


def test_blocks_change_nothing(make_space, monkeypatch):
    pair = rows(4)
    whole = shared_labels(make_space(*pair))
    monkeypatch.setattr(module, "_BLOCK", 1)
    apart = shared_labels(make_space(*pair))
    assert apart == whole


def test_queries_without_labels_are_left_out_and_those_of_unknown_ones_count_0(make_space):
    gallery, (z, hot) = rows(5)
    gallery[1][:, 0] = 0
    hot[:3], hot[3:] = 0, np.maximum(hot[3:], np.eye(6, dtype=np.int8)[1])
    hot[5] = np.eye(6)[0]
    found = shared_labels.compute(make_space(gallery, (z, hot)))
    assert all(isinstance(one, Linearised) for one in found.values())
    expected = by_loops(gallery, (z, hot))
    assert len(expected) == len(hot) - 3
    assert (expected[2] == 0).all()
    n_rows, n_labelled = len(hot), len(expected)
    for one, column in zip(found.values(), expected.T, strict=True):
        assert one.values.mean() == pytest.approx(column.mean())
        error = np.sqrt(column.var() / n_labelled)  # of the mean of those that count
        assert one.values.std() / np.sqrt(n_rows) == pytest.approx(error)
    assert shared_labels(make_space(gallery, (z, np.zeros_like(hot)))) == {}
