from __future__ import annotations

import numpy as np
import pytest

from embedbench.evaluation import ranking
from embedbench.evaluation.ranking import score_queries


def _order(query, gallery, irrelevant_first):
    exact = ((gallery.astype(float) - query) ** 2).sum(1)
    return np.lexsort((irrelevant_first, exact))


@pytest.mark.parametrize("block", [1000, 4_000_000])
def test_hits_equal_a_sorted_loop(pair, monkeypatch, block):
    monkeypatch.setattr(ranking, "_BLOCK", block)
    (z_gallery, y_gallery), (z_query, y_query) = pair

    def flatten(hits):
        flat = np.full((len(hits.first), len(y_gallery) + 2), -1.0)
        flat[:, 0], flat[:, 1] = hits.total, hits.first
        flat[:, 2 : 2 + hits.relevant.shape[1]] = hits.relevant
        return flat

    found = score_queries(z_gallery, y_gallery, z_query, y_query, flatten)
    for row, query, label in zip(found, z_query, y_query, strict=True):
        relevant = (y_gallery == label)[_order(query, z_gallery, y_gallery == label)]
        if not relevant.any():
            assert not row.any()
            continue
        depth = max(relevant.sum(), 10)
        assert row[0] == relevant.sum()
        assert row[1] == relevant.argmax() + 1
        np.testing.assert_array_equal(row[2 : 2 + depth], relevant[:depth])
        assert (row[2 + depth :] == -1).all()


def test_no_class_in_common():
    z = np.eye(3, dtype=np.float32)
    found = score_queries(z, np.zeros(3, int), z, np.ones(3, int), lambda hits: np.ones((len(hits.first), 2)))
    assert found.tolist() == [[0, 0]] * 3


@pytest.mark.parametrize(("step", "first"), [(2.0**-21, 1), (2.0**-25, 2)])
def test_only_the_last_bit_is_given_up(step, first):
    gallery = np.array([[1.0], [1 + step]], np.float32)  # squares 8 units in the last place apart, or none
    found = score_queries(
        gallery, np.array([1, 0]), np.zeros((1, 1), np.float32), np.array([1]), lambda hits: hits.first[:, None] * 1.0
    )
    assert found.tolist() == [[first]]
