from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn import metrics
from torchmetrics.functional.clustering import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    completeness_score,
    homogeneity_score,
    normalized_mutual_info_score,
    v_measure_score,
)

from embedbench.evaluation.metrics.clustering.clustering import clustering
from embedbench.evaluation.metrics.clustering.contingency import Contingency
from embedbench.neighbors import k_means

PEERS = {
    "nmi": normalized_mutual_info_score,
    "ami": adjusted_mutual_info_score,
    "ari": adjusted_rand_score,
    "v_measure": v_measure_score,
    "homogeneity": homogeneity_score,
    "completeness": completeness_score,
}


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_equals_torchmetrics_and_scikit_learn(make_space, pair):
    space = make_space(*pair)
    truth = space.query.label
    k = len(np.unique(space.gallery.rows.label))
    cluster = k_means.assign(k_means.kmeans(space.gallery.points, k, 3, 0), space.points)
    given = torch.from_numpy(cluster), torch.from_numpy(truth)
    expected = {name: float(peer(*given)) for name, peer in PEERS.items()}
    exact = pair[1][0].astype(float)
    expected["silhouette"] = metrics.silhouette_score(exact, cluster)
    expected["calinski_harabasz"] = metrics.calinski_harabasz_score(exact, cluster)
    expected["davies_bouldin"] = metrics.davies_bouldin_score(exact, cluster)
    found = clustering(space)
    assert found.pop("accuracy") == Contingency.of(truth, cluster).accuracy()
    assert found == pytest.approx(expected, abs=1e-5, rel=1e-5)


def test_clusters_of_the_model_itself_are_scored(make_space, random_pair, monkeypatch):
    gallery, (z, label) = random_pair
    own = np.random.default_rng(0).integers(0, 7, len(z))
    space = make_space(gallery, (z, label))
    query = replace(space.query, clusters=own)
    monkeypatch.setattr(k_means, "kmeans", lambda *_: pytest.fail("k-means was run"))
    found = clustering(type(space)(space.gallery, query, space.protocol))
    assert found["nmi"] == pytest.approx(metrics.normalized_mutual_info_score(label, own))
    assert found["accuracy"] == Contingency.of(label, own).accuracy()
    assert found["silhouette"] == pytest.approx(metrics.silhouette_score(space.points, own), abs=1e-6)


def test_homogeneity_and_completeness_are_not_swapped(make_space):
    # Two clusters, each holding two of four classes: each class lies whole in one cluster.
    z = np.repeat([[0.0], [0.1], [10.0], [10.1]], 5, axis=0)
    space = make_space((z, np.repeat([0, 0, 1, 1], 5)), (z, np.repeat([0, 1, 2, 3], 5)))
    found = clustering(space)
    assert (found["completeness"], found["homogeneity"]) == pytest.approx((1.0, 0.5))
    assert found["accuracy"] == 0.5


def test_fitted_on_the_gallery_once_for_all_queries(make_space, random_pair, monkeypatch):
    space = make_space(*random_pair)
    fits = []
    kmeans = k_means.kmeans
    monkeypatch.setattr(k_means, "kmeans", lambda points, *args: fits.append(len(points)) or kmeans(points, *args))
    other = type(space)(space.gallery, space.gallery.rows, space.protocol)
    clustering(space)
    clustering(other)
    assert fits == [300]


def test_a_query_in_one_cluster_has_no_silhouette(make_space):
    z = np.repeat([[0.0], [9.0]], 10, axis=0)
    found = clustering(make_space((z, np.repeat([0, 1], 10)), (z[:4], [0, 0, 1, 1])))
    assert not {"silhouette", "calinski_harabasz", "davies_bouldin"} & found.keys()
    assert (found["accuracy"], found["nmi"]) == (0.5, 0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_digits_within_the_known_spread(make_space, digits, seed):
    found = clustering(make_space(*digits, restarts=10, seed=seed))
    assert found["nmi"] == pytest.approx(0.72, abs=0.05)  # scikit-learn, ten restarts: 0.70 to 0.75
