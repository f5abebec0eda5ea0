from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.sparse import csr_array
from scipy.spatial.distance import pdist, squareform
from scipy.stats import ortho_group
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.manifold import trustworthiness
from sklearn.metrics import pairwise_distances

from embedbench.evaluation.metrics.geometry import geometry as module
from embedbench.evaluation.metrics.geometry.geometry import geometry
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery, Rows

RNG = np.random.default_rng(0)
LOCAL = ("trustworthiness", "continuity", "knn_overlap", "knn_jaccard")


def score(z, x=None, relations=None, distance="euclidean"):
    """Geometry of query rows; the gallery plays no part in it."""
    return geometry(
        EmbeddingSpace(Gallery(Rows(z[:5]), distance), Rows(z, x=x, relations=relations), EvaluationSettings(5, 1, 0))
    )


def digits():
    return load_digits().data[:600].astype(np.float32)


def wide(rows=400, features=784):
    x = RNG.normal(size=(rows, 12)) @ RNG.normal(size=(12, features)) + RNG.normal(0, 0.3, (rows, features))
    return x.astype(np.float32)


def turned(x, dim=3, noise=0.0):
    """A random projection: no two distances are equal."""
    z = (x - x.mean(axis=0)) @ RNG.normal(size=(x.shape[1], dim)) / np.sqrt(x.shape[1]) + noise * RNG.normal(
        size=(len(x), dim)
    )
    return z.astype(np.float32)


SHAPES = {
    "digits turned": turned(digits(), 60),
    "wide": wide(),
    "narrow": RNG.normal(size=(300, 2)).astype(np.float32),
    "few": RNG.normal(size=(25, 5)).astype(np.float32),
    "far": (RNG.normal(size=(200, 4)) + 1000).astype(np.float32),
    "collapsed": (np.eye(5)[RNG.integers(0, 5, 250)] + 1e-4 * RNG.normal(size=(250, 5))).astype(np.float32),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dim", [1, 8])
def test_equals_scikit_learn(name, dim):
    x = SHAPES[name]
    z = turned(x, dim, noise=0.1)
    found = score(z, x)
    for k, depth in ((5, "@5"), (10, ""), (50, "@50")):
        if 2 * k < len(x):
            one, other = x.astype(float), z.astype(float)  # of float32, it would round distances to float32
            expected = trustworthiness(one, other, n_neighbors=k), trustworthiness(other, one, n_neighbors=k)
            assert (found[f"trustworthiness{depth}"], found[f"continuity{depth}"]) == pytest.approx(expected, abs=1e-6)


def in_order(distances):
    """Distances whose ties are broken as said: by one random order, the same in both spaces."""
    n = len(distances)
    place = np.argsort(np.random.default_rng(0).permutation(n))
    broken = np.empty((n, n))
    for i in range(n):
        broken[i, np.lexsort((place, np.where(np.arange(n) == i, np.inf, distances[i])))] = np.arange(n)
    return broken


TIED = {
    "whole numbers": (digits(), (digits() // 4)[:, 20:30]),
    "duplicates": (np.repeat(wide(150, 6), 4, axis=0), np.repeat(turned(wide(150, 6)), 4, axis=0)),
    "duplicates of one space": (np.repeat(wide(150, 6), 4, axis=0), turned(wide(600, 6))),
    "one-hot": (wide(500, 6), np.eye(4)[RNG.integers(0, 4, 500)].astype(np.float32)),
}


@pytest.mark.parametrize("name", TIED)
def test_equals_plain_ranks_where_both_spaces_have_ties(name):
    x, z = TIED[name]
    n = len(x)
    ranks = [in_order(squareform(pdist(space.astype(float), "sqeuclidean")).round(9)) + 1 for space in (x, z)]
    found = score(z, x)
    for figure, own, other in (("trustworthiness", *ranks), ("continuity", *ranks[::-1])):
        excess = np.maximum(own[other <= 10] - 10, 0).sum()
        assert found[figure] == pytest.approx(1 - 2 * excess / (n * 10 * (2 * n - 31)), abs=1e-9)


def test_ties_of_the_input_space_equal_scikit_learn():
    """Its own neighbours come from vectors, which are untied here."""
    x, z = digits(), turned(digits(), 4)
    broken = in_order(squareform(pdist(x.astype(float), "sqeuclidean")))
    expected = trustworthiness(broken, z, n_neighbors=10, metric="precomputed")
    assert score(z, x)["trustworthiness"] == pytest.approx(expected, abs=1e-9)


def test_overlaps_equal_plain_loops():
    x, z = SHAPES["digits turned"], turned(SHAPES["digits turned"], 4)
    found = score(z, x)
    both = [squareform(pdist(space.astype(float))) for space in (x, z)]
    for k, depth in ((5, "@5"), (10, ""), (50, "@50")):
        shares, indices = [], []
        for i in range(len(x)):
            one, other = (set([j for j in np.argsort(space[i]) if j != i][:k]) for space in both)
            shares.append(len(one & other) / k)
            indices.append(len(one & other) / len(one | other))
        assert found[f"knn_overlap{depth}"] == pytest.approx(np.mean(shares))
        assert found[f"knn_jaccard{depth}"] == pytest.approx(np.mean(indices))


@pytest.mark.parametrize("rows", [200, 201])
def test_figures_of_pairs_equal_plain_ones(rows):
    x = wide(rows, 30)
    z = turned(x)
    one, other = pdist(x.astype(float)), pdist(z.astype(float))
    found = score(z, x)
    assert found["pairs"] == len(one) == rows * (rows - 1) / 2
    assert found["spearman"] == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-6)
    assert found["pearson"] == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-6)
    scale = one @ other / (other @ other)
    assert found["stress"] == pytest.approx(np.sqrt(((one - scale * other) ** 2).sum() / (one @ one)), abs=1e-6)
    order = np.random.default_rng(0).permutation(rows)
    dx, dz = (squareform(part)[order][:, order] for part in (one, other))
    agree = [
        (dx[i, (i + j) % rows] < dx[i, (i + j + 1) % rows]) == (dz[i, (i + j) % rows] < dz[i, (i + j + 1) % rows])
        for i in range(rows)
        for j in range(1, rows // 2, 2)
    ]
    assert found["triplets"] == len(agree)
    assert found["triplet_accuracy"] == pytest.approx(np.mean(agree))
    assert 0 < found["triplet_accuracy_se"] < 0.01


def test_density_is_that_of_ten_neighbours():
    x = wide(300, 20) * RNG.uniform(0.2, 2, (300, 1)).astype(np.float32)
    z = turned(x, 6)
    radii = [np.sort(squareform(pdist(space.astype(float), "sqeuclidean")))[:, 1:11].mean(1) for space in (x, z)]
    expected = stats.pearsonr(*np.log(radii)).statistic
    assert score(z, x)["density_correlation"] == pytest.approx(expected, abs=1e-6)


def test_texts_are_compared_by_the_cosine_of_their_words():
    words = np.array(["ant", "bee", "cow", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay"])
    texts = [" ".join(RNG.choice(words, 6)) for _ in range(120)]
    x = TfidfVectorizer().fit_transform(texts)
    z = turned(x.toarray(), 4, noise=0.02)
    found = score(z, x)
    dense = score(z, x.toarray())
    assert found == pytest.approx(dense, abs=1e-6)
    untied = pdist(x.toarray()).round(11)  # but for rounding, many are equal
    assert found["spearman"] == pytest.approx(stats.spearmanr(untied, pdist(z.astype(float))).statistic, abs=1e-9)
    broken = in_order(pairwise_distances(x, metric="cosine").round(9))
    expected = trustworthiness(broken, z, n_neighbors=10, metric="precomputed")
    assert found["trustworthiness"] == pytest.approx(expected, abs=1e-6)


def test_relations_are_the_input_space_where_there_are_some():
    x = wide(130, 6)
    z = turned(x)
    found = score(z, RNG.normal(size=(130, 3)), relations=squareform(pdist(x.astype(float))))
    assert found == pytest.approx(score(z, x), abs=1e-6)
    cities = squareform(pdist(x.astype(float), "cityblock"))
    expected = trustworthiness(cities, z, n_neighbors=10, metric="precomputed")
    assert score(z, relations=cities)["trustworthiness"] == pytest.approx(expected, abs=1e-9)


def test_distance_of_the_suite_is_that_of_the_latent_space_alone():
    x = wide(150, 8)
    z = turned(x, 4)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    assert score(z, x, distance="cosine") == pytest.approx(score(unit, x), abs=1e-5)
    assert score(z, x, distance="cosine") != pytest.approx(score(z, x), abs=1e-3)


@pytest.mark.parametrize("x", [digits(), wide(), np.repeat(wide(60, 5), 3, axis=0)], ids=["ties", "wide", "duplicates"])
def test_an_embedding_that_changes_nothing_is_perfect(x):
    found = score(x, x)
    assert found.pop("stress") == 0
    perfect = {name for name in found if name not in ("rows", "pairs", "triplets", "triplet_accuracy_se")}
    assert {name: found[name] for name in perfect} == dict.fromkeys(perfect, pytest.approx(1, abs=1e-12))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(2, 6), scale=st.floats(1e-3, 1e3), tied=st.booleans())
def test_turning_moving_and_scaling_change_nothing(seed, dim, scale, tied):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 7)).astype(np.float32)
    z = rng.normal(size=(120, dim)) + x[:, :1]
    z = np.repeat(z[:60], 2, axis=0) if tied else z
    moved = (z @ ortho_group.rvs(dim, random_state=seed % 1000) + rng.normal(size=dim)) * scale
    assert score(moved, x) == pytest.approx(score(z, x), abs=1e-5)


def test_shuffled_rows_score_at_chance():
    """Within five standard errors over shuffles of what ranks, pairs and triplets drawn at random have on average."""
    n, x = 300, wide(300, 10)
    z = turned(x, 4)
    found = [score(z[np.random.default_rng(seed).permutation(n)], x) for seed in range(24)]
    chance = {"spearman": 0, "pearson": 0, "triplet_accuracy": 0.5, "density_correlation": 0}
    for k, depth in ((5, "@5"), (10, ""), (50, "@50")):
        ranks = np.arange(1, n)
        score_by_chance = 1 - 2 * np.maximum(ranks - k, 0).mean() / (2 * n - 3 * k - 1)
        chance |= {f"trustworthiness{depth}": score_by_chance, f"continuity{depth}": score_by_chance}
        chance[f"knn_overlap{depth}"] = k / (n - 1)
        shared = stats.hypergeom(n - 1, k, k)
        chance[f"knn_jaccard{depth}"] = sum(shared.pmf(s) * s / (2 * k - s) for s in range(k + 1))
    for name, expected in chance.items():
        values = [one[name] for one in found]
        assert abs(np.mean(values) - expected) < 5 * np.std(values, ddof=1) / math.sqrt(len(values)), name
    assert score(z, x)["trustworthiness"] > 0.8  # where they are not shuffled


@pytest.mark.parametrize(
    "z",
    [np.zeros((60, 4)), np.full((60, 4), 1000.1), np.repeat(np.eye(3), 20, axis=0), np.ones((60, 1)) * 1e-40],
    ids=["zero", "constant", "one-hot", "subnormal"],
)
def test_degenerate_embeddings_are_defined(z):
    x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    found = score(z.astype(np.float32), x)
    assert all(math.isfinite(value) for value in found.values())
    assert "density_correlation" not in found
    if np.ptp(z) == 0:
        assert found["stress"] == 1
        assert found["triplet_accuracy"] == 0.5
        assert found["trustworthiness"] == pytest.approx(0.5, abs=0.2)  # all rows share their neighbours
        assert not {"spearman", "pearson"} & found.keys()
    swapped = score(x, z)
    assert all(math.isfinite(value) for value in swapped.values())


def test_left_out_where_undefined():
    z = RNG.normal(size=(21, 3))
    assert score(z) == {}
    assert score(z[:3], z[:3]) == {}
    found = score(z, z)
    assert {"trustworthiness", "knn_overlap"} < found.keys()
    assert not {"trustworthiness@50", "knn_overlap@50"} & found.keys()
    found = score(z[:20], z[:20])  # k = 10 is half of the rows
    assert "knn_overlap" in found
    assert not {"trustworthiness", "continuity"} & found.keys()
    assert score(z[:4], z[:4]).keys() == {
        "pearson",
        "stress",
        "spearman",
        "triplet_accuracy",
        "density_correlation",
    } | {
        "rows",
        "pairs",
        "triplets",
    }


def modes(rows=500):
    """One-hot but for a little: two tight clusters of distances, each within a cell of a grid."""
    hot = np.eye(6)[RNG.integers(0, 6, rows)]
    return (hot + 1e-4 * RNG.normal(size=(rows, 6))).astype(np.float32)


@pytest.mark.parametrize(("made", "error"), [(lambda: wide(500, 10), 2e-4), (modes, 1e-2)], ids=["wide", "modes"])
def test_all_pairs_are_counted_in_a_grid_beyond_a_number(monkeypatch, made, error):
    x = made()
    z = turned(x, noise=0.1)
    exact = score(z, x)
    monkeypatch.setattr(module, "_PAIRS", 20_000)
    found = score(z, x)
    assert (exact["pairs"], found["pairs"], found["rows"]) == (124_750, 124_750, 500)
    assert 0 < found["spearman_se"] < error
    assert found["spearman"] == pytest.approx(exact["spearman"], abs=5 * found["spearman_se"])  # t with 9 degrees
    assert found["spearman"] != exact["spearman"]
    assert "spearman_se" not in exact
    for name in ("trustworthiness", "pearson", "stress", "density_correlation"):
        assert found[name] == exact[name]


def test_a_grid_keeps_what_is_perfect_or_undefined(monkeypatch):
    monkeypatch.setattr(module, "_PAIRS", 20_000)
    x = wide(500, 10)
    assert score(x, x)["spearman"] == 1
    assert "spearman" not in score(np.ones((500, 2), np.float32), x)


def test_means_over_rows_come_as_the_values_of_rows(monkeypatch):
    x = wide(300, 10)
    z = turned(x)
    space = EmbeddingSpace(Gallery(Rows(z[:5]), "euclidean"), Rows(z, x=x), EvaluationSettings(5, 1, 0))
    found = geometry.compute(space)
    values = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
    assert values.keys() == {f"{name}{depth}" for name in LOCAL for depth in ("", "@5", "@50")}
    one, other = (squareform(pdist(each.astype(float))) for each in (x, z))
    for i in (0, 150, 299):
        x_near, z_near = (set(np.argsort(each[i])[1:11]) for each in (one, other))
        assert values["knn_overlap"][i] == len(x_near & z_near) / 10
        assert values["knn_jaccard"][i] == len(x_near & z_near) / len(x_near | z_near)
        for name, own, near in (("trustworthiness", one, z_near), ("continuity", other, x_near)):
            rank = own[i].argsort().argsort()[list(near)]
            assert values[name][i] == pytest.approx(1 - 2 / (10 * (600 - 31)) * np.maximum(rank - 10, 0).sum())
    monkeypatch.setattr(module, "_EXACT", 299)
    monkeypatch.setattr(module, "_SAMPLE", 100)
    assert not any(isinstance(value, np.ndarray) for value in geometry.compute(space).values())


def test_rows_are_sampled_beyond_a_number(monkeypatch):
    x = wide(900, 10)
    z = turned(x)
    exact = score(z, x)
    monkeypatch.setattr(module, "_EXACT", 899)
    monkeypatch.setattr(module, "_SAMPLE", 300)
    found = score(z, x)
    assert (exact["rows"], found["rows"]) == (900, 300)
    errors = {name.removesuffix("_se"): value for name, value in found.items() if name.endswith("_se")}
    assert errors.keys() == module._RANGES.keys()
    for name, error in errors.items():
        assert 0 < error < 0.1
        assert found[name] == pytest.approx(exact[name], abs=5 * error), name  # of ten parts: t with 9 degrees
        assert found[name] != exact[name]


def test_standard_errors_are_about_right(monkeypatch):
    """Mean square of (sample − exact) / error over 30 embeddings; 9/7 for a t with nine degrees of freedom."""
    monkeypatch.setattr(module, "_SAMPLE", 60)
    ratios = {"trustworthiness": [], "spearman": [], "knn_overlap": [], "stress": []}
    for seed in range(30):
        x = wide(400, 6)
        z = (x @ np.random.default_rng(seed).normal(size=(6, 2))).astype(np.float32)
        found = []
        for exact in (60, 400):
            monkeypatch.setattr(module, "_EXACT", exact)
            found.append(score(z, x))
        for name, each in ratios.items():
            each.append((found[0][name] - found[1][name]) / found[0][f"{name}_se"])
    for name, each in ratios.items():
        assert 0.3 < np.mean(np.square(each)) < 3, name


def test_same_figures_each_time_and_plain_floats():
    x = wide(100, 6)
    z = turned(x)
    assert score(z, x) == score(z, x)
    assert {type(value) for value in score(z, x).values()} == {float}
    assert score(z, x).keys() <= geometry.measures.keys()
    for name, value in score(z, x).items():
        assert geometry.measures[name].low <= value <= geometry.measures[name].high


def test_sparse_and_dense_agree():
    x = wide(150, 9) * (RNG.random((150, 9)) < 0.4)
    z = turned(x)
    assert score(z, csr_array(x)) == pytest.approx(score(z, x), abs=1e-5)
