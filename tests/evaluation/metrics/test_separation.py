from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from embedbench.evaluation.metrics.separation import separation
from embedbench.neighbors import internal_indices


def test_judges_the_true_labels_of_the_query(make_space, pair):
    z, label = pair[1]
    expected = {
        "silhouette": metrics.silhouette_score(z.astype(float), label),
        "calinski_harabasz": metrics.calinski_harabasz_score(z.astype(float), label),
        "davies_bouldin": metrics.davies_bouldin_score(z.astype(float), label),
    }
    assert separation(make_space(*pair)) == pytest.approx(expected, abs=1e-5, rel=1e-5)


def test_cosine_judges_directions(make_space, random_pair):
    z, label = random_pair[1]
    expected = metrics.silhouette_score(z / np.linalg.norm(z.astype(float), axis=1, keepdims=True), label)
    assert separation(make_space(*random_pair, distance="cosine"))["silhouette"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_of_many_rows_a_sample_is_judged(make_space, random_pair, monkeypatch, distance):
    monkeypatch.setattr(internal_indices, "_EXACT", 79)
    monkeypatch.setattr(internal_indices, "SAMPLE", 50)
    z, label = random_pair[1]
    points = z / np.linalg.norm(z.astype(float), axis=1, keepdims=True) if distance == "cosine" else z.astype(float)
    chosen = np.random.default_rng(0).choice(80, 50, replace=False)
    values = metrics.silhouette_samples(points, label)[chosen]
    found = separation(make_space(*random_pair, distance=distance))
    assert found["silhouette"] == pytest.approx(values.mean(), abs=1e-5)
    assert found["silhouette_se"] == pytest.approx(values.std(ddof=1) * np.sqrt((1 - 50 / 80) / 50), abs=1e-5)


def test_left_out_for_a_single_class(make_space, random_pair):
    z = random_pair[1][0]
    assert separation(make_space(random_pair[0], (z, np.zeros(len(z), int)))) == {}
