"""Clusters of rows without labels: as many as there are, and as stable as scikit-learn says."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from embedbench import evaluate
from embedbench.errors import UsageError
from embedbench.evaluation.metrics.clustering.unlabelled import stability, unlabelled
from embedbench.evaluation.suite import Suite


def groups(k, rows=240, dim=6):
    return np.random.default_rng(0).normal(size=(rows, dim)) + 12 * np.eye(k, dim)[np.arange(rows) % k]


def bare(make_space, z, cut=200):
    return make_space((z[:cut], None), (z[cut:], None))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_as_many_clusters_as_there_are_and_they_come_again(make_space, k):
    z = groups(k)
    found = unlabelled(bare(make_space, z))
    assert found["k"] == k
    assert found["stability"] == pytest.approx(1, abs=1e-9)
    clusters = KMeans(k, n_init=3, random_state=0).fit(z[:200]).predict(z[200:])
    assert found["best_silhouette"] == pytest.approx(silhouette_score(z[200:], clusters), abs=1e-6)


def test_stability_is_that_of_scikit_learns_fits():
    points = np.random.default_rng(1).normal(size=(120, 3))
    rng = np.random.default_rng(0)
    samples = [np.sort(rng.choice(120, 96, replace=False)) for _ in range(8)]
    fits = [KMeans(3, n_init=3, random_state=0, tol=0, algorithm="elkan").fit(points[rows]) for rows in samples]
    pairs = combinations([fit.predict(points) for fit in fits], 2)
    found = stability(points, 3, 0)
    assert found == pytest.approx(np.mean([adjusted_rand_score(*pair) for pair in pairs]), abs=1e-6)
    assert found < 0.9


def test_noise_has_no_stable_clusters(make_space):
    noise = unlabelled(bare(make_space, np.random.default_rng(0).normal(size=(240, 8))))
    assert noise["stability"] < 0.8
    assert noise["best_silhouette"] < 0.2


@pytest.mark.parametrize("z", [np.zeros((30, 2)), np.repeat(np.eye(2), 15, axis=0), np.eye(4)], ids=["0", "2", "few"])
def test_too_few_rows_to_tell(make_space, z):
    assert unlabelled(bare(make_space, np.concatenate([z, z[:1]]), len(z))) == {}


def test_only_rows_without_labels_are_asked(make_space):
    z = groups(3)
    suite = Suite(["clustering"], neighbors=5)
    assert evaluate(z, suite=suite).keys() == {"clustering/stability", "clustering/k", "clustering/best_silhouette"}
    assert "clustering/stability" not in evaluate(z, np.arange(240) % 3, suite=suite)
    with pytest.raises(UsageError, match="can be had with labels of kind 'classes'"):
        evaluate(z, np.arange(240) % 3, suite=Suite(["clustering/stability"]))
