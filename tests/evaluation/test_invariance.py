"""No metric depends on the origin, the unit, the order, the type or a few far rows of what it is given."""

from __future__ import annotations

import numpy as np
import plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.evaluation.metrics.retrieval import tiles
from embedbench.evaluation.metrics.retrieval.retrieval import _NAMES
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite

SUITE = Suite(neighbors=7, kmeans_restarts=3)
FAMILIES = {
    name: Suite([name], neighbors=7, kmeans_restarts=3)
    for name in ("retrieval", "probe", "clustering", "separation", "geometry", "latent")
}
FREE_OF_ORIGIN = [name for name in FAMILIES if name != "latent"]  # directions have one
SAME = 1e-6
# Fitted step by step, so that rounding may decide on a row: shares of 40 query rows.
FITTED = {
    "probe/linear_accuracy": 1 / 40,
    "probe/linear_balanced_accuracy": 1 / 20,
    "probe/linear_macro_f1": 1 / 20,
    "probe/log_loss": 1 / 20,  # another C may be as good on the gallery
    "probe/brier": 1 / 40,
    "probe/linear_c": np.inf,
}
some = settings(max_examples=8, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def groups(seed, dim=5, rows=200):
    """Rows in four groups, numbered by them."""
    rng = np.random.default_rng(seed)
    label = np.arange(rows) % 4
    return (rng.normal(size=(4, dim)) * 3)[label] + rng.normal(size=(rows, dim)), label


def grid(seed, dim=4, rows=200, values=4):
    """Whole numbers, full of ties."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, values, (rows, dim)).astype(float), rng.integers(0, 4, rows)


def score(z, label, suite=SUITE, x=None, cut=160):
    """Metrics of the rows from ``cut`` on among those before."""
    x = z if x is None else x
    return suite.score(Rows(z[:cut], label[:cut]), {"test": Rows(z[cut:], label[cut:], x=x[cut:])})["test"]


def check(found, expected, same=SAME):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        allowed = FITTED.get(name, same * max(1, abs(value)))
        assert abs(found[name] - value) <= allowed + 1e-12, (name, found[name], value)


@pytest.mark.parametrize("family", FREE_OF_ORIGIN)
@some
@given(seed=seeds, offset=st.sampled_from([1.0, -1e3, 1e6, 1e8]), far=st.booleans())
def test_an_offset_changes_nothing(family, seed, offset, far):
    z, label = groups(seed)
    shift = offset * (np.arange(5) if far else 1)
    check(score(z + shift, label, FAMILIES[family]), score((z + shift) - shift, label, FAMILIES[family]))


@pytest.mark.parametrize("family", FAMILIES)
@some
@given(seed=seeds, exponent=st.integers(-30, 30))
def test_a_scale_changes_nothing(family, seed, exponent):
    z, label = groups(seed)
    check(score(z * 10.0**exponent, label, FAMILIES[family]), score(z, label, FAMILIES[family]))


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in ("clustering", "probe")])
@some
@given(seed=seeds, exponent=st.integers(-30, 30), parts=st.sampled_from([1, 3, 5, 7, 30]))
def test_ties_stay_ties_at_any_scale(family, seed, exponent, parts):
    z, label = grid(seed)
    check(score(z / parts * 10.0**exponent, label, FAMILIES[family]), score(z, label, FAMILIES[family]))


@pytest.mark.parametrize("family", FAMILIES)
@some
@given(seed=seeds)
def test_the_order_of_columns_changes_nothing(family, seed):
    z, label = groups(seed)
    order = np.random.default_rng(seed).permutation(5)
    check(score(z[:, order], label, FAMILIES[family]), score(z, label, FAMILIES[family]), 1e-5)


@pytest.mark.parametrize("family", ["retrieval", "probe", "separation", "latent"])
@some
@given(seed=seeds)
def test_the_order_of_rows_changes_nothing(family, seed):
    z, label = groups(seed)
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(160), 160 + rng.permutation(40)])
    check(score(z[order], label[order], FAMILIES[family]), score(z, label, FAMILIES[family]))


@pytest.mark.parametrize("family", FAMILIES)
@some
@given(seed=seeds)
def test_the_type_changes_nothing(family, seed):
    z, label = groups(seed)
    half = z.astype(np.float16)
    expected = score(half, label, FAMILIES[family])
    for kind in (np.float32, np.float64, np.longdouble):
        assert score(half.astype(kind), label, FAMILIES[family]) == expected
    whole = np.rint(z * 8)
    expected = score(whole, label, FAMILIES[family])
    for kind in (np.int8, np.int32, np.int64, np.float16):
        assert score(whole.astype(kind), label, FAMILIES[family]) == expected


@some
@given(seed=seeds, tied=st.booleans())
def test_a_doubled_gallery_doubles_ranks(seed, tied):
    z, label = grid(seed) if tied else groups(seed)
    gallery, query = Rows(z[:160], label[:160]), {"test": Rows(z[160:], label[160:])}
    twice = Rows(np.repeat(z[:160], 2, axis=0), np.repeat(label[:160], 2))
    names = ["retrieval/recall@1", "retrieval/r_precision", "probe/knn_accuracy"]
    one = Suite(names, neighbors=7).score(gallery, query)["test"]
    check(Suite(names, neighbors=14).score(twice, query)["test"], one)


@pytest.mark.parametrize("family", ["retrieval", "probe"])
@some
@given(seed=seeds, far=st.sampled_from([1e3, 1e8, 1e15, 1e30]), how_many=st.integers(1, 5))
def test_far_rows_of_another_class_change_no_rank(family, seed, far, how_many):
    z, label = groups(seed)
    rng = np.random.default_rng(seed)
    away = far * (1 + rng.random((how_many, 5)))
    gallery = Rows(np.concatenate([z[:160], away]), np.concatenate([label[:160], np.full(how_many, 9)]))
    found = FAMILIES[family].score(gallery, {"test": Rows(z[160:], label[160:])})["test"]
    expected = score(z, label, FAMILIES[family])
    linear = ("probe/linear", "probe/log_loss", "probe/brier")  # a deviation is moved by far rows
    kept = [name for name in expected if not name.startswith(linear)]
    check({name: found[name] for name in kept}, {name: expected[name] for name in kept})


@some
@given(seed=seeds, far=st.sampled_from([1e3, 1e8, 1e10, 1e14]))
def test_a_far_row_costs_its_cluster_alone(seed, far):
    z, label = groups(seed)
    z[7, 2] = far
    suite = Suite(["clustering/nmi"], kmeans_restarts=5)
    found = score(z, label, suite)["clustering/nmi"]
    # k-means of four spends one on it: as well as three clusters do
    three = np.where(label == 3, 2, label)
    assert found > 0.6
    assert len(np.unique(three)) == 3


LOOPED = {
    "groups": lambda seed: groups(seed)[0],
    "grid": lambda seed: grid(seed)[0],
    "grid in fifths": lambda seed: grid(seed)[0] / 5,
    "tight pairs": lambda seed: groups(seed)[0].round() + 1e-9 * groups(seed + 1)[0],
    "far off": lambda seed: groups(seed)[0] + 1e8,
    "one far row": lambda seed: np.where(np.arange(1000).reshape(200, 5) == 77, 1e25, groups(seed)[0]),
    "tiny": lambda seed: groups(seed)[0] * 1e-200,
    "many sizes": lambda seed: np.exp(8 * groups(seed)[0]),
}


@pytest.mark.parametrize("name", LOOPED)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**31))
def test_every_order_is_that_of_plain_differences(name, seed):
    z, label = LOOPED[name](seed), groups(seed)[1]
    unit = 2.0 ** np.round(np.log2(np.median(np.abs(z[z != 0]))))
    plainly = z / unit  # whose squares neither vanish nor overflow
    suite = Suite(["retrieval", "probe/knn_accuracy", "separation/silhouette", "geometry"], neighbors=7)
    gallery, query = Rows(z[:160], label[:160]), Rows(z[160:], label[160:], x=z[160:, :2])
    found = suite.assess(gallery, {"test": query})["test"].queries
    loops = plain.retrieval(plainly[:160], label[:160], plainly[160:], label[160:])
    for column, metric in enumerate(_NAMES):
        np.testing.assert_allclose(found[f"retrieval/{metric}"], loops[:, column], atol=1e-6, err_msg=metric)
    near = label[:160][plain.neighbors(plainly[:160], plainly[160:], 7)]
    voted = [np.bincount(row).argmax() for row in near]
    np.testing.assert_array_equal(found["probe/knn_accuracy"], voted == label[160:])
    silhouettes = plain.silhouette(plainly[160:], label[160:])
    np.testing.assert_allclose(found["separation/silhouette"], silhouettes, atol=1e-5)
    x = plainly[160:, :2]
    np.testing.assert_allclose(found["geometry/knn_overlap@5"], plain.overlap(x, plainly[160:], 5), atol=1e-6)
    trust = plain.trustworthiness(x, plainly[160:], 10)
    np.testing.assert_allclose(found["geometry/trustworthiness"], trust, atol=1e-6)


@pytest.mark.parametrize("name", LOOPED)
def test_cosine_is_that_of_plain_differences_of_directions(name):
    z, label = LOOPED[name](3), groups(3)[1]
    unit = z / np.abs(z).max(axis=1, keepdims=True)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    suite = Suite(["retrieval"], distance="cosine")
    found = suite.assess(Rows(z[:160], label[:160]), {"test": Rows(z[160:], label[160:])})["test"].queries
    if name in ("far off", "tiny", "groups", "tight pairs"):  # elsewhere directions are tied but for rounding
        loops = plain.retrieval(unit[:160], label[:160], unit[160:], label[160:])
        for column, metric in enumerate(_NAMES):
            np.testing.assert_allclose(found[f"retrieval/{metric}"], loops[:, column], atol=1e-6, err_msg=metric)


@pytest.mark.parametrize("scale", [1.0, 1 / 3, 3e20])
def test_directions_have_the_ties_of_whole_numbers(scale):
    rng = np.random.default_rng(0)
    z = rng.integers(-2, 3, (200, 3)) * rng.integers(1, 9, (200, 1)) * scale
    z[~z.any(axis=1)] = scale
    label = rng.integers(0, 4, 200)
    suite = Suite(["retrieval"], distance="cosine")
    found = suite.assess(Rows(z[:160], label[:160]), {"test": Rows(z[160:], label[160:])})["test"].queries
    whole = np.rint(z / scale).astype(int)
    for row in range(40):
        dots, lengths = whole[:160] @ whole[160 + row], (whole[:160] ** 2).sum(1)
        cosine = np.sign(dots) * (dots**2 / lengths).round(9)  # of a query whose length is the same for all
        relevant = label[:160] == label[160 + row]
        hits = relevant[np.lexsort((relevant, -cosine))]
        assert found["retrieval/recall@1"][row] == hits[0]
        assert found["retrieval/mrr"][row] == pytest.approx(1 / (hits.argmax() + 1))


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("classes", [3, 40, 400])
def test_ordinary_rows_are_ranked_within_the_stated_tolerance(monkeypatch, filtered, classes):
    """A query within 1e-4 and the mean within 1e-6, where products of float32 rows come first."""
    if filtered:
        monkeypatch.setattr(tiles, "_SAMPLE", 256)
        monkeypatch.setattr(tiles, "_STRIDE", 1)
    rng = np.random.default_rng(0)
    z = (rng.normal(size=(4200, 64)) * np.linspace(2, 0.1, 64)).astype(np.float32)
    label = rng.integers(0, classes, 4200)
    found = Suite(["retrieval"]).assess(Rows(z[:4000], label[:4000]), {"test": Rows(z[4000:], label[4000:])})["test"]
    loops = plain.retrieval(z[:4000], label[:4000], z[4000:], label[4000:])
    for column, metric in enumerate(_NAMES):
        off = found.queries[f"retrieval/{metric}"] - loops[:, column]
        assert np.abs(off).max() <= 1e-4, metric
        assert abs(off.mean()) <= 1e-6, metric
