"""Agreement of embeddings against scikit-learn and plain loops."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from embedbench.errors import UsageError
from embedbench.evaluation.common_structure import (
    MOST_ROWS,
    Structure,
    agreement,
    agreements,
    compared_neighbors,
    compared_rows,
    structure,
)
from embedbench.evaluation.rows import Rows


@pytest.fixture(scope="module")
def turned():
    """Two random maps of 300 digits, as two runs would embed them."""
    x = load_digits().data[:300]
    rng = np.random.default_rng(0)
    return [(x @ rng.normal(size=(64, 8))).astype(np.float32) for _ in range(2)]


def test_clusters_and_neighbours_are_those_of_scikit_learn(turned):
    for z in turned:
        found = structure(Rows(z), 10, 10, 0, "euclidean")
        groups = [z[found.clusters == number] for number in range(10)]
        inertia = sum(float(np.square(rows - rows.mean(0)).sum()) for rows in groups)
        assert inertia == pytest.approx(KMeans(10, n_init=10, random_state=1).fit(z).inertia_, rel=0.02)  # other starts
        nearest = NearestNeighbors(n_neighbors=10).fit(z).kneighbors(return_distance=False)  # each without itself
        np.testing.assert_array_equal(found.neighbors, nearest)


def test_cosine_ignores_lengths(turned):
    z = turned[0]
    scaled = z * np.random.default_rng(1).uniform(0.5, 2, (len(z), 1)).astype(np.float32)
    one, other = (structure(Rows(rows), 5, 3, 0, "cosine") for rows in (z, scaled))
    np.testing.assert_array_equal(one.neighbors, other.neighbors)
    assert agreement(one, other)["neighbors"] == 1


def test_agreement_is_that_of_references(turned):
    one, other = (structure(Rows(z), 10, 3, 0, "euclidean") for z in turned)
    found = agreement(one, other)
    assert found["ari"] == pytest.approx(adjusted_rand_score(one.clusters, other.clusters), abs=1e-9)
    assert found["ami"] == pytest.approx(adjusted_mutual_info_score(one.clusters, other.clusters), abs=1e-9)
    shares = [len({*a} & {*b}) / 10 for a, b in zip(one.neighbors.tolist(), other.neighbors.tolist(), strict=True)]
    assert found["neighbors"] == pytest.approx(np.mean(shares), abs=1e-12)
    assert 0.1 < found["neighbors"] < 0.9
    assert agreement(other, one) == pytest.approx(found, abs=1e-12)
    assert agreement(one, one) == pytest.approx({"ari": 1, "ami": 1, "neighbors": 1}, abs=1e-9)


def test_noise_agrees_as_chance_has_it():
    rng = np.random.default_rng(0)
    one, other = (structure(Rows(rng.normal(size=(400, 5))), 4, 1, 0, "euclidean") for _ in range(2))
    found = agreement(one, other)
    assert found["neighbors"] == pytest.approx(10 / 399, abs=0.006)  # sd about .0025
    assert abs(found["ari"]) < 0.02
    assert abs(found["ami"]) < 0.02


def test_own_clusters_win_over_k_means(turned):
    own = np.arange(300) % 3
    assert (structure(Rows(turned[0], clusters=own), 10, 1, 0, "euclidean").clusters == own).all()


def test_copies_of_a_row_are_its_neighbours_and_never_itself():
    z = np.repeat(np.arange(3.0), 20)[:, None]  # 19 copies of each row
    found = structure(Rows(z), 3, 3, 0, "euclidean")
    assert found.neighbors.shape == (60, 10)
    assert not (found.neighbors == np.arange(60)[:, None]).any()
    assert (z[found.neighbors][..., 0] == z).all()
    assert len(np.unique(found.clusters)) == 3


@pytest.mark.parametrize(("rows", "k"), [(3, 1), (4, 1), (5, 2), (20, 9), (21, 10), (9999, 10)])
def test_few_rows_have_fewer_neighbours(rows, k):
    assert compared_neighbors(rows) == k


def test_two_rows_are_refused():
    with pytest.raises(UsageError, match="3 or more, got 2"):
        compared_neighbors(2)


def test_many_rows_are_drawn_once_for_all():
    assert compared_rows(500).tolist() == list(range(500))
    drawn = compared_rows(50_000)
    assert len(drawn) == MOST_ROWS == len(np.unique(drawn))
    assert (np.diff(drawn) > 0).all()
    np.testing.assert_array_equal(drawn, compared_rows(50_000))


def of(*clusters):
    """A structure whose neighbours are the first two other rows."""
    rows = len(clusters)
    near = [[other for other in range(rows) if other != row][:2] for row in range(rows)]
    return Structure(np.array(clusters), np.array(near))


def test_pairs_are_those_of_runs_on_the_same_rows():
    a, b = of(0, 0, 1, 1, 2), of(0, 1, 1, 2, 2)
    found = agreements({"one": [(None, a), (None, b)], "two": [(None, a), (None, b), (None, a)]})
    value = adjusted_rand_score(a.clusters, b.clusters)
    assert {pair: [one["ari"] for one in values] for pair, values in found.items()} == {
        ("one", "one"): pytest.approx([value]),
        ("one", "two"): pytest.approx([1, value, 1, value, 1, value]),
        ("two", "two"): pytest.approx([value, 1, value]),
    }
    assert {one["neighbors"] for one in found["one", "two"]} == {1}


def test_folds_are_never_mixed():
    a, b = of(0, 0, 1, 1, 2), of(0, 1, 1, 2, 2, 0)
    found = agreements({"one": [(1, a), (2, b)], "two": [(2, b)], "three": [(3, a)]})
    assert found == {("one", "two"): [pytest.approx({"ari": 1, "ami": 1, "neighbors": 1})]}
