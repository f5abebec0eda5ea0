from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_info, threadpool_limits

from embedbench.neighbors import k_means
from embedbench.neighbors.k_means import assign, find_clusters, kmeans
from embedbench.neighbors.normaliser import Normaliser


def _inertia(points, centroids):
    return ((points[:, None].astype(float) - centroids[None]) ** 2).sum(-1).min(axis=1).sum()


@pytest.mark.parametrize("find", [kmeans, lambda *args: find_clusters(*args).centroids])
def test_kmeans_is_as_good_as_the_best_of_many_starts(digits, find):
    points = digits[0][0]
    best = KMeans(10, n_init=40, random_state=1).fit(points.astype(float)).inertia_
    assert _inertia(points, find(points, 10, 10, 0)) <= 1.01 * best


def test_kmeans_repeats_by_seed_and_improves_by_restarts(digits):
    points = digits[0][0]
    np.testing.assert_array_equal(kmeans(points, 10, 2, 3), kmeans(points, 10, 2, 3))
    once = [_inertia(points, kmeans(points, 10, 1, seed)) for seed in range(6)]
    often = [_inertia(points, kmeans(points, 10, 10, seed)) for seed in range(3)]
    assert len(set(once)) > 1
    assert np.mean(often) < np.mean(once)


@pytest.mark.parametrize(("most", "threads"), [(k_means._ALONE, 1), (0, 2)])
def test_small_data_are_clustered_in_one_thread(digits, most, threads, monkeypatch):
    """Two would wait for each other ten times as long as they work; afterwards there are as many as before."""
    seen, fit = [], KMeans.fit

    def counted(self, points):
        seen.append(max(one["num_threads"] for one in threadpool_info()))
        return fit(self, points)

    monkeypatch.setattr(KMeans, "fit", counted)
    monkeypatch.setattr(k_means, "_ALONE", most)
    with threadpool_limits(2):
        kmeans(digits[0][0], 10, 1, 0)
        assert max(one["num_threads"] for one in threadpool_info()) == 2
    assert seen == [threads]


@pytest.mark.parametrize(("k", "algorithms"), [(1, ["lloyd", "lloyd"]), (10, ["elkan", "lloyd"])])
def test_kmeans_is_the_same_by_either_algorithm(digits, k, algorithms, monkeypatch):
    """Elkan's up to a number of distances to remember, and not of a single cluster."""
    points, asked = digits[0][0], []
    monkeypatch.setattr(
        "sklearn.cluster.KMeans",
        lambda *args, algorithm, **more: asked.append(algorithm) or KMeans(*args, algorithm=algorithm, **more),
    )
    monkeypatch.setattr(k_means, "_LIMITS", 10 * len(points))
    elkan = kmeans(points, k, 3, 0)
    monkeypatch.setattr(k_means, "_LIMITS", 10 * len(points) - 1)
    np.testing.assert_allclose(kmeans(points, k, 3, 0), elkan, atol=1e-3)
    assert asked == algorithms


def test_kmeans_uses_all_points():
    points = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    points[:1000] += 50
    centroids = kmeans(points, 2, 3, 0)
    exact = [points[1000:, 0].mean(), points[:1000, 0].mean()]
    np.testing.assert_allclose(np.sort(centroids[:, 0]), exact, atol=1e-4)  # a sample of 256 each would be off by 0.05


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("apart", [30, 2.0**12, 2.0**20, 2.0**26])
def test_kmeans_ends_within_groups_however_far_these_are_apart(apart, kind):
    """Three groups of three clusters: the best that each group has alone, in float64 and to its end."""
    rng = np.random.default_rng(1)
    group, cluster = rng.integers(0, 3, 900), rng.integers(0, 3, 900)
    within = np.array([[0, 0], [3, 0], [0, 3]])[cluster] + rng.normal(size=(900, 2)).round(2)
    rows = np.column_stack([apart * (group - 1), within]).astype(kind)
    best = sum(KMeans(3, n_init=10, random_state=0, tol=0).fit(within[group == g]).inertia_ for g in range(3))
    points = Normaliser.of(rows).normalise(rows)
    unit = 2.0 ** Normaliser.of(rows).exponent
    assert _inertia(points, kmeans(points, 9, 10, 0)) * unit**2 == pytest.approx(best, rel=2e-3)


def test_kmeans_is_quiet_on_few_or_equal_points(capfd):
    distinct = kmeans(np.arange(12, dtype=np.float32).reshape(6, 2), 6, 3, 0)
    np.testing.assert_array_equal(distinct[np.argsort(distinct[:, 0]), 0], [0, 2, 4, 6, 8, 10])
    assert not kmeans(np.zeros((30, 4), np.float32), 10, 2, 0).any()
    assert capfd.readouterr() == ("", "")


def test_assign_takes_the_nearest_centroid():
    centroids = np.array([[0.0, 0], [10, 0]], np.float32)
    assert assign(centroids, np.array([[4.0, 0], [6, 0], [5, 0]], np.float32)).tolist() == [0, 1, 0]


def test_empty_clusters_are_counted():
    spots = np.repeat(np.random.default_rng(0).normal(size=(12, 2)), 30, axis=0).astype(np.float32)
    assert find_clusters(spots, 12, 10, 0).repaired == 0  # k-means++ starts from rows that differ
    assert find_clusters(spots, 14, 10, 0).repaired > 0
    spread = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    found = find_clusters(spread, 3, 1, 0)
    assert found.repaired == 0
