from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import comb

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.metrics.cluster import expected_mutual_information

from embedbench.evaluation.metrics.clustering.contingency import Contingency, _expected_information


def scikit_learn(truth, cluster):
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(truth, cluster)
    return {
        "nmi": metrics.normalized_mutual_info_score(truth, cluster),
        "ami": metrics.adjusted_mutual_info_score(truth, cluster),
        "ari": metrics.adjusted_rand_score(truth, cluster),
        "v_measure": v_measure,
        "homogeneity": homogeneity,
        "completeness": completeness,
    }


# Of single clusters its adjusted mutual information is 0, of every other degenerate pair ours.
no_reference = pytest.mark.skipif(sklearn.__version__.startswith("1.5."), reason="scikit-learn 1.5 defines another AMI")


@no_reference
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 400),
    classes=st.integers(1, 12),
    clusters=st.integers(1, 40),
    kept=st.sampled_from([0.0, 0.5, 0.99]),
)
def test_indices_equal_scikit_learn(seed, rows, classes, clusters, kept):
    rng = np.random.default_rng(seed)
    truth = rng.integers(-3, classes - 3, rows)
    cluster = np.where(rng.random(rows) < kept, truth * 1000, rng.integers(0, clusters, rows) ** 2)
    found = Contingency.of(truth, cluster).indices()
    accuracy = found.pop("accuracy")
    assert found == pytest.approx(scikit_learn(truth, cluster), abs=1e-9)
    assert 1 / max(classes, clusters + classes) <= accuracy <= 1


@no_reference
@pytest.mark.parametrize("cluster", [[0, 0, 0, 0], [0, 1, 2, 3], [5, 5, 9, 9], [5, 9, 5, 9]])
@pytest.mark.parametrize("truth", [[1, 1, 1, 1], [3, 2, 1, 0], [0, 0, 1, 1]])
def test_degenerate_partitions_are_defined_as_in_scikit_learn(truth, cluster):
    found = Contingency.of(np.array(truth), np.array(cluster)).indices()
    del found["accuracy"]
    assert found == pytest.approx(scikit_learn(truth, cluster), abs=1e-12)


@pytest.mark.parametrize("classes", [[60_000, 10_000], [7_000] * 10, [69_990, 4, 3, 3], [1] * 50 + [69_950]])
def test_expected_information_of_many_rows_equals_scikit_learn(classes):
    rng = np.random.default_rng(0)
    cluster = np.minimum(rng.geometric(0.3, 70_000), 12)
    table = metrics.cluster.contingency_matrix(np.repeat(np.arange(len(classes)), classes), cluster, sparse=True)
    expected = expected_mutual_information(table.astype(np.int64), 70_000)
    found = _expected_information(np.array(classes), np.unique(cluster, return_counts=True)[1])
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(("classes", "clusters"), [(4, 4), (3, 5), (5, 3)])
def test_accuracy_equals_the_best_of_all_namings(classes, clusters):
    rng = np.random.default_rng(classes)
    truth, cluster = rng.integers(0, classes, 60), rng.integers(0, clusters, 60)
    size = max(classes, clusters)
    best = max(np.mean(np.array(names)[cluster] == truth) for names in permutations(range(size)))
    assert Contingency.of(truth, cluster).accuracy() == pytest.approx(best)


def test_counts_of_pairs_do_not_overflow():
    counts = np.array([[2**33, 2**31], [2**30, 2**32]])
    same, one, other = (
        sum(comb(int(size), 2) for size in sizes) for sizes in (counts.ravel(), counts.sum(axis=1), counts.sum(axis=0))
    )
    chance = Fraction(one * other, comb(int(counts.sum()), 2))
    expected = (same - chance) / (Fraction(one + other, 2) - chance)
    assert Contingency(counts)._adjusted_rand() == pytest.approx(float(expected), rel=1e-12)
