"""Inputs that are ordinary elsewhere and hard for float32: each score is that of float64 differences."""

from __future__ import annotations

import numpy as np
import plain
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, silhouette_score

import embedbench
from embedbench.evaluation.metrics.retrieval.retrieval import _NAMES
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite


def apart(z, label, cut=0.75):
    """Gallery and query rows, each vectors and labels, mixed."""
    order = np.random.default_rng(1).permutation(len(z))
    stop = int(cut * len(z))
    return (z[order[:stop]], label[order[:stop]]), (z[order[stop:]], label[order[stop:]])


def close_classes():
    """Two classes a tenth apart around each of ten centres that are some 300 apart."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(10, 8)) * 100
    label = np.repeat(np.arange(20), 30)
    z = centres[label // 2] + rng.normal(size=(600, 8)) * 0.005
    z[:, 0] += 0.1 * (label % 2)
    return z.astype(np.float32), label


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_classes_close_beside_their_distance_from_the_centre(distance):
    (z, label), (query, query_label) = apart(*close_classes())
    suite = Suite(["retrieval", "probe/knn_accuracy", "separation/silhouette", "clustering"], distance=distance)
    found = suite.assess(Rows(z, label), {"test": Rows(query, query_label)})["test"]
    if distance == "cosine":
        z, query = (each.astype(float) / np.linalg.norm(each.astype(float), axis=1)[:, None] for each in (z, query))
    loops = plain.retrieval(z, label, query, query_label)
    for column, metric in enumerate(_NAMES):
        np.testing.assert_allclose(found.queries[f"retrieval/{metric}"], loops[:, column], atol=1e-6, err_msg=metric)
    assert found.metrics["probe/knn_accuracy"] == 1
    assert found.metrics["clustering/accuracy"] == 1
    expected = silhouette_score(query.astype(float) - query.mean(axis=0), query_label)
    assert found.metrics["separation/silhouette"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("k", [5, 99, 130])
def test_neighbours_in_tight_groups(k):
    z, label = close_classes()
    rng = np.random.default_rng(2)
    z = (z[:, None] + 1e-4 * rng.normal(size=(600, 4, 8))).reshape(-1, 8).astype(np.float32)  # groups of groups
    (gallery, y), (query, own) = apart(z, np.repeat(label, 4), 0.9)
    found = Suite(["probe/knn_accuracy"], neighbors=k).assess(Rows(gallery, y), {"test": Rows(query, own)})["test"]
    near = y[plain.neighbors(gallery.astype(float), query.astype(float), k)]
    voted = np.array([np.bincount(row).argmax() for row in near])
    np.testing.assert_array_equal(found.queries["probe/knn_accuracy"], voted == own)


@pytest.mark.parametrize("unit", [1, 1 / 5, 30_000, 1 / 7e30])
def test_the_same_answers_in_another_unit_have_the_same_ties(unit):
    rng = np.random.default_rng(0)
    answers, label = rng.integers(1, 6, (300, 4)), rng.integers(0, 3, 300)
    (z, y), (query, own) = apart(answers, label)
    found = Suite(["retrieval"]).assess(Rows(z * unit, y), {"test": Rows(query * unit, own)})["test"].queries
    loops = plain.retrieval(z, y, query, own)
    for column, metric in enumerate(_NAMES):
        np.testing.assert_allclose(found[f"retrieval/{metric}"], loops[:, column], atol=1e-6, err_msg=metric)


@pytest.mark.parametrize("far", [1e8, 1e10, 1e20])
def test_one_far_number(far):
    rng = np.random.default_rng(0)
    label = np.arange(1000) % 4
    z = np.concatenate([np.zeros((1, 4)), 4 * np.eye(4)[:3]])[label] + rng.normal(size=(1000, 4)) * 0.5
    (gallery, y), (query, own) = apart(z, label)
    kept = Suite(["retrieval", "clustering/nmi"])
    before = kept.assess(Rows(gallery, y), {"test": Rows(query, own)})["test"]
    gallery[17, 2] = far
    found = kept.assess(Rows(gallery, y), {"test": Rows(query, own)})["test"]
    loops = plain.retrieval(gallery, y, query, own)
    np.testing.assert_allclose(found.queries["retrieval/map@r"], loops[:, _NAMES.index("map@r")], atol=1e-6)
    # k-means spends one of its four centroids on it: two of the classes share one
    three = np.where(own == 3, 2, own)
    expected = plain_nmi(own, three)
    assert found.metrics["clustering/nmi"] == pytest.approx(expected, abs=0.05)
    assert before.metrics["clustering/nmi"] > 0.95


def plain_nmi(one, other):
    from sklearn.metrics import normalized_mutual_info_score

    return normalized_mutual_info_score(one, other)


@pytest.mark.parametrize("change", [lambda z: z + 1e7, lambda z: z + 1e8, lambda z: z * 1e-60, lambda z: z * 1e60])
def test_an_offset_or_unit_of_float64_rows(change):
    rng = np.random.default_rng(1)
    label = np.arange(400) % 4
    z = (rng.normal(size=(4, 6)) * 1.5)[label] + rng.normal(size=(400, 6))
    expected = embedbench.evaluate(z, label, x=z[:, :3])
    found = embedbench.evaluate(change(z), label, x=z[:, :3] + 1e8)
    for name in ("retrieval/map@r", "probe/knn_accuracy", "clustering/nmi", "separation/silhouette"):
        assert found[name] == pytest.approx(expected[name], abs=1e-6), name
    assert found["geometry/trustworthiness@5"] == pytest.approx(expected["geometry/trustworthiness@5"], abs=1e-6)


@pytest.mark.parametrize("change", [1e7, -3e9, 1e-300, 1e100, 1e250])
def test_a_real_target_at_any_offset_and_unit(change):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 4))
    target = z @ [1, 2, 0, -1.0] + rng.normal(size=300) * 0.1
    (gallery, t), (query, own) = apart(z, target)
    moved = [part + change if abs(change) > 1e6 and change < 1e50 else part * change for part in (t, own)]
    suite = Suite(["probe"], neighbors=10)
    found = suite.score(Rows(gallery, moved[0]), {"test": Rows(query, moved[1])})["test"]
    nearest = t[plain.neighbors(gallery, query, 10)].mean(axis=1)
    mean, spread = gallery.mean(axis=0), gallery.std(axis=0)
    linear = Ridge(alpha=1.0).fit((gallery - mean) / spread, t).predict((query - mean) / spread)
    assert found["probe/knn_r2"] == pytest.approx(r2_score(own, nearest), abs=1e-6)
    assert found["probe/linear_r2"] == pytest.approx(r2_score(own, linear), abs=1e-6)


@pytest.mark.parametrize("within", [0.05, 0.003, 1e-5])
def test_tight_groups_of_many_features_keep_their_neighbours(within):
    """More than 2,000 rows and 256 features, where products are float32; z keeps all distances within a group."""
    rng = np.random.default_rng(0)
    group = np.arange(2400) % 4
    low = rng.normal(size=(2400, 3)) * within
    x = rng.normal(size=(4, 300))[group]
    x[:, :3] += low
    z = np.column_stack([low, group * 9.0])
    query = Rows(z, x=x)
    found = Suite(["geometry"]).score(Rows(z[:50]), {"test": query})["test"]
    for name in ("trustworthiness", "continuity", "knn_overlap", "knn_overlap@50", "trustworthiness@5"):
        assert found[f"geometry/{name}"] == pytest.approx(1, abs=1e-6), name


def answers(rng, far=0.0):
    """Of 1 to 5 over 5: half of all distances are ties."""
    x = rng.integers(1, 6, (2100, 300)) / 5
    x[0] += far
    return x


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(
    "make",
    [
        answers,
        lambda rng: answers(rng, 1e25),
        lambda rng: np.eye(2100) + 1e-6 * rng.normal(size=(2100, 2100)),
        lambda rng: np.vstack([rng.normal(size=(2098, 300)), np.full((1, 300), 1e25), np.full((1, 300), 1e30)]),
    ],
    ids=["ties", "ties beside a far row", "all but equally far", "far rows"],
)
def test_ranks_among_more_rows_than_differences_are_taken_of(make, kind):
    rng = np.random.default_rng(0)
    x = make(rng).astype(kind)
    z = rng.integers(1, 6, (2100, 6)) / 5
    found = Suite(["geometry"]).assess(Rows(z[:50]), {"test": Rows(z, x=x)})["test"].queries
    some = [0, *range(1, 2100, 200), 2098, 2099]
    near = 1e-4 if x.shape[1] == 2100 else 1e-6  # distances that are all but equal have a tolerance of their own
    own, other = plain.ranks(x, some), plain.ranks(z, some)
    for k, depth in ((10, ""), (50, "@50")):
        forward, backward = plain.intruders(own, other, k), plain.intruders(other, own, k)
        np.testing.assert_allclose(found[f"geometry/trustworthiness{depth}"][some], forward, atol=near)
        np.testing.assert_allclose(found[f"geometry/continuity{depth}"][some], backward, atol=1e-6)


def test_tight_groups_in_float64_products_equal_plain_ranks():
    """Up to 256 features, and too many rows for differences of all."""
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(25, 200)), 24, axis=0) + 1e-9 * rng.normal(size=(600, 200))
    z = np.column_stack([x[:, :3] * 1e3, rng.normal(size=600) * 1e-3])
    found = Suite(["geometry"]).assess(Rows(z[:50]), {"test": Rows(z, x=x)})["test"].queries
    np.testing.assert_allclose(found["geometry/knn_overlap"], plain.overlap(x, z, 10), atol=1e-6)
    np.testing.assert_allclose(found["geometry/trustworthiness@5"], plain.trustworthiness(x, z, 5), atol=1e-4)


def test_neighbours_of_float32_rows_that_their_centre_rounds():
    """The nearest rows are 900 from the centre, where float32 has steps as wide as they are apart."""
    rng = np.random.default_rng(0)
    centre, away = np.full(50, 100.1234), rng.normal(size=(300, 50))
    away /= np.linalg.norm(away, axis=1)[:, None]
    near = centre + 2 * away * (1 + 2e-6 * rng.random((300, 1)))
    gallery = np.concatenate([rng.normal(size=(4000, 50)) + 1000.37, near]).astype(np.float32)
    query = np.concatenate([centre[None], rng.normal(size=(20, 50))]).astype(np.float32)
    true = plain.neighbors(gallery.astype(float), query.astype(float), 40)[0]
    label = np.isin(np.arange(4300), true, invert=True).astype(int)
    suite = Suite(["probe/knn_accuracy"], neighbors=40)
    found = suite.assess(Rows(gallery, label), {"test": Rows(query, np.append(0, np.ones(20, int)))})["test"]
    assert found.queries["probe/knn_accuracy"][0] == 1


@pytest.mark.parametrize("rows", [50, 200, 2000])
def test_twins_of_another_class_at_all_but_the_same_distance(rows):
    """Each pair alone is worth next to nothing, and they are many."""
    rng = np.random.default_rng(0)
    reach, angle = np.sqrt(np.linspace(0.5, 4, rows)), rng.random(rows) * 2 * np.pi
    one = np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    gallery, label = np.concatenate([one, one * (1 + 1e-9)]), np.repeat([0, 1], rows)
    query, own = np.array([[0, 0], [0, 1e-12]]), np.zeros(2, int)
    found = Suite(["retrieval"], neighbors=1).assess(Rows(gallery, label), {"test": Rows(query, own)})["test"]
    loops = plain.retrieval(gallery, label, query, own)
    for column, metric in enumerate(_NAMES):
        np.testing.assert_allclose(found.queries[f"retrieval/{metric}"], loops[:, column], atol=1e-4, err_msg=metric)


def test_a_target_that_is_mostly_the_rounding_of_nothing():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1000, 4))
    target = np.where(rng.random(1000) < 0.6, 0, np.exp(z[:, 0] + z[:, 1]))
    z = np.column_stack([z, target > 0])
    expected = embedbench.evaluate(z, target)
    for noise in (1e-17, 1e-14):
        found = embedbench.evaluate(z, target + noise * rng.normal(size=1000))
        assert found["probe/linear_r2"] == pytest.approx(expected["probe/linear_r2"], abs=1e-6)
        assert found["probe/knn_r2"] == pytest.approx(expected["probe/knn_r2"], abs=1e-6)


@pytest.mark.parametrize("unit", [1e-170, 1e-25, 1e20, 1e130])
def test_sparse_inputs_and_relations_in_any_unit(unit):
    from scipy.sparse import csr_array
    from scipy.spatial.distance import pdist, squareform

    x = np.random.default_rng(0).normal(size=(150, 5))
    z = x[:, :2] + 0.3 * np.random.default_rng(1).normal(size=(150, 2))
    suite = Suite(["geometry"])
    for given in (lambda f: {"x": csr_array(x * f)}, lambda f: {"relations": squareform(pdist(x)) * f}):
        expected = suite.score(Rows(z[:20]), {"test": Rows(z, **given(1.0))})["test"]
        found = suite.score(Rows(z[:20]), {"test": Rows(z, **given(unit))})["test"]
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, abs=1e-6), name
