from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from embedbench.evaluation import cohesion as module
from embedbench.evaluation.cohesion import cohesion, silhouette


@pytest.mark.parametrize("block", [1000, 2_000_000])
@pytest.mark.parametrize("offset", [0, 1000])
def test_equals_scikit_learn(pair, monkeypatch, block, offset):
    monkeypatch.setattr(module, "_BLOCK", block)
    z, label = pair[0]
    z = z + np.float32(offset)
    exact = z.astype(float)
    assert cohesion(z, label) == pytest.approx(
        {
            "silhouette": metrics.silhouette_score(exact, label),
            "calinski_harabasz": metrics.calinski_harabasz_score(exact, label),
            "davies_bouldin": metrics.davies_bouldin_score(exact, label),
        },
        rel=1e-6,
    )


def test_by_hand():
    # Rows 0 and 1 apart by 1, each 9 or 10 from the lone row of the other group, which counts 0.
    points = np.array([[0.0], [1.0], [10.0]])
    assert silhouette(points, np.array([0, 0, 1])) == pytest.approx((9 / 10 + 8 / 9) / 3)


def test_duplicates_are_at_no_distance():
    points = np.repeat(np.random.default_rng(0).normal(size=(5, 40)) * 100, 4, axis=0)
    assert silhouette(points, np.repeat(np.arange(5), 4)) == pytest.approx(1, abs=1e-7)  # float32: 1e-4
    assert silhouette(np.zeros((6, 2)), np.repeat([0, 1], 3)) == 0


@pytest.mark.parametrize("group", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_left_out_where_undefined(group):
    assert cohesion(np.eye(4, dtype=np.float32), np.array(group)) == {}
