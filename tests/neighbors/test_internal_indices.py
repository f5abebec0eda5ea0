from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from embedbench.evaluation.grouped import of_classes, of_clusters
from embedbench.neighbors import internal_indices as module
from embedbench.neighbors.internal_indices import internal_indices, silhouette


@pytest.mark.parametrize("block", [100, 1_000_000])
@pytest.mark.parametrize("offset", [0, 1000])
def test_equals_scikit_learn(pair, monkeypatch, block, offset):
    monkeypatch.setattr(module, "_BLOCK", block)
    z, label = pair[0]
    z = z + np.float32(offset)
    exact = z.astype(float)
    groups = {"classes": label, "others": np.random.default_rng(0).integers(3, 9, len(z))}
    expected = {
        name: {
            "silhouette": metrics.silhouette_samples(exact, group),
            "calinski_harabasz": metrics.calinski_harabasz_score(exact, group),
            "davies_bouldin": metrics.davies_bouldin_score(exact, group),
        }
        for name, group in groups.items()
    }
    found = internal_indices(z, groups)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].keys() == values.keys()
        for index, value in values.items():
            np.testing.assert_allclose(found[name][index], value, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("apart", [0.0, 5.0])
def test_groups_without_a_spread_or_apart_count_as_in_scikit_learn(apart):
    points = np.repeat([[1.1, 0.7], [1.1 + apart, 0.7]], 3, axis=0).astype(np.float32)
    group = np.repeat([0, 1], 3)
    found = internal_indices(points, {"all": group})["all"]
    assert found["calinski_harabasz"] == metrics.calinski_harabasz_score(points, group) == 1
    assert found["davies_bouldin"] == metrics.davies_bouldin_score(points, group) == 0


@pytest.mark.parametrize("block", [20, 1_000_000])
def test_equal_rows_have_no_spread_whatever_their_mean_is_rounded_to(monkeypatch, block):
    monkeypatch.setattr(module, "_BLOCK", block)
    for seed in range(20):
        group = np.arange(300) % 3
        points = np.random.default_rng(seed).normal(size=(3, 5))[group]
        found = internal_indices(points, {"all": group})["all"]
        assert found["calinski_harabasz"] == 1  # 1e30 and more of means that are an ulp off
        assert found["davies_bouldin"] == 0


@pytest.mark.parametrize("centre", [0.2, 0.7, -1.1, 1.3])
def test_groups_of_one_centre_but_for_rounding_are_not_compared(centre):
    """A ratio of radii of 0.1 and 0.5 to what rounding leaves between two centres is about 10^16."""
    points = [centre - 0.1, centre, centre + 0.1, centre - 0.5, centre, centre + 0.5, 4.5, 4.7, 4.9]
    found = internal_indices(np.array(points)[:, None], {"all": np.repeat([0, 1, 2], 3)})["all"]
    ratios = [2 / 3 * (radius + 0.2) / (4.7 - centre) for radius in (0.1, 0.5)]  # to the third group, of 0.2
    assert found["davies_bouldin"] == pytest.approx((sum(ratios) + max(ratios)) / 3, rel=1e-12)


@pytest.mark.parametrize("apart", [1e3, 1e9, 1e12])
def test_groups_that_are_small_beside_the_distance_of_groups_of_groups_keep_their_ratio(apart):
    """Two pairs of groups: within a pair radii of 1 and 2 in a distance of 6."""
    rows = np.array([-1.0, 1.0, 4.0, 8.0])
    points = np.concatenate([rows, rows + apart])[:, None]
    found = internal_indices(points, {"all": np.repeat(np.arange(4), 2)})["all"]
    assert found["davies_bouldin"] == pytest.approx(1 / 2, rel=1e-12)


@pytest.fixture
def sampled(monkeypatch):
    """Samples of 400 where there are more than 999 rows."""
    monkeypatch.setattr(module, "_EXACT", 999)
    monkeypatch.setattr(module, "SAMPLE", 400)


def _blobs(seed, rows=1000):
    """Rows and their groups, whose silhouettes differ from row to row; and another grouping."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 4, rows)
    points = rng.normal(size=(4, 5))[group] + rng.normal(0, 0.7, (rows, 5))
    return points.astype(np.float32), {"group": group, "other": rng.integers(0, 3, rows)}


def test_of_many_rows_a_sample_is_looked_at(sampled):
    points, groups = _blobs(0)
    few = internal_indices(points[:999], {name: group[:999] for name, group in groups.items()})
    assert all(found["silhouette"].shape == (999,) and "silhouette_se" not in found for found in few.values())
    chosen = np.random.default_rng(0).choice(1000, 400, replace=False)
    found = internal_indices(points, groups)
    assert found == internal_indices(points, groups)
    for name, group in groups.items():
        values = metrics.silhouette_samples(points.astype(float), group)[chosen]
        assert found[name]["silhouette"] == pytest.approx(values.mean(), abs=1e-5)
        assert found[name]["silhouette_se"] == pytest.approx(values.std(ddof=1) / 20 * np.sqrt(0.6), rel=1e-4)
        assert found[name]["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(points, group), rel=1e-5)


def test_the_error_is_that_of_a_sample(sampled):
    """Over other rows, sampled and exact means differ by their error: z-scores have mean 0 and spread 1."""
    scores = []
    for seed in range(60):
        points, groups = _blobs(seed)
        found = internal_indices(points, {"group": groups["group"]})["group"]
        exact = metrics.silhouette_score(points, groups["group"])
        scores.append((found["silhouette"] - exact) / found["silhouette_se"])
    assert np.abs(scores).max() < 4
    assert abs(np.mean(scores)) < 4 / np.sqrt(60)
    assert 0.7 < np.std(scores) < 1.3  # within about three standard errors of a spread from 60


def test_by_hand():
    # Rows 0 and 1 apart by 1, each 9 or 10 from the lone row of the other group, which counts 0.
    points = np.array([[0.0], [1.0], [10.0]], np.float32)
    assert silhouette(points, np.array([0, 0, 1])) == pytest.approx((9 / 10 + 8 / 9) / 3)


def test_duplicates_are_at_no_distance():
    points = np.repeat(np.random.default_rng(0).normal(size=(5, 40)) * 100, 4, axis=0).astype(np.float32)
    assert silhouette(points, np.repeat(np.arange(5), 4)) == pytest.approx(1, abs=1e-7)  # products in float32: 1e-4
    assert silhouette(np.zeros((6, 2), np.float32), np.repeat([0, 1], 3)) == 0


@pytest.mark.parametrize("group", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_left_out_where_undefined(group):
    points, halves = np.eye(4, dtype=np.float32), np.array([0, 0, 1, 1])
    found = internal_indices(points, {"undefined": np.array(group), "halves": halves})
    assert found["undefined"] == {}
    assert found["halves"]["calinski_harabasz"] == metrics.calinski_harabasz_score(points, halves)


def test_classes_are_looked_at_while_clusters_are(make_space, random_pair, monkeypatch):
    passes = []
    through = module.silhouettes
    monkeypatch.setattr(
        module, "silhouettes", lambda points, groups: passes.append(len(groups)) or through(points, groups)
    )
    space = make_space(*random_pair)
    cluster = np.arange(len(space.query)) % 3
    clusters, again, classes = of_clusters(space, cluster), of_clusters(space.reseeded(1), cluster), of_classes(space)
    assert passes == [2, 1]
    alone = internal_indices(space.query_rows, {"alone": space.query.known})["alone"]
    np.testing.assert_allclose(clusters["silhouette"], again["silhouette"], atol=2e-6)
    np.testing.assert_allclose(classes["silhouette"], alone["silhouette"], atol=2e-6)
    assert classes["davies_bouldin"] == alone["davies_bouldin"]
