from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from embedbench.errors import UsageError
from embedbench.evaluation import space as module
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.space import Gallery, directions
from embedbench.neighbors import search


def test_space_refuses_what_does_not_fit_together(make_space):
    z = np.eye(4)
    with pytest.raises(UsageError, match="4 dimensions and the query 3"):
        make_space((z,), (z[:, :3],))
    with pytest.raises(UsageError, match="gallery labels are classes and query labels real"):
        make_space((z, [0, 1, 2, 3]), (z, [0.0, 1, 2, 3]))
    assert make_space((z, [0, 1, 2, 3]), (z,)).target == "none"
    with pytest.raises(UsageError, match=r"`k` must be in \[1, 4\] for 4 gallery rows, got 5"):
        make_space((z,), (z,)).neighbors(5)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_neighbors_are_the_nearest(make_space, pair, distance):
    (z_gallery, y_gallery), (z_query, y_query) = pair
    found = make_space((z_gallery, y_gallery), (z_query, y_query), distance=distance).neighbors(7)
    exact = np.where(z_gallery.any(1)[None] & z_query.any(1)[:, None], 0, np.nan)
    exact = pairwise_distances(z_query.astype(float), z_gallery.astype(float), metric=distance) + exact
    usable = ~np.isnan(exact).any(axis=1)  # the cosine of a row of zeros is another matter
    got = np.take_along_axis(exact, found, 1)[usable]
    np.testing.assert_allclose(got, np.sort(exact, axis=1)[usable, :7], atol=2e-6, rtol=1e-6)


def test_neighbors_are_searched_once(make_space, random_pair, monkeypatch):
    space = make_space(*random_pair)
    searches = []
    found = search.search_blocks
    monkeypatch.setattr(search, "search_blocks", lambda *args: searches.append(args[2]) or found(*args))
    first, second = space.neighbors(3), space.neighbors(12)
    assert len(searches) == 1
    np.testing.assert_array_equal(first, second[:, :3])


@pytest.mark.parametrize("offset", [1000.0, -1e6])
def test_a_large_offset_costs_no_precision(make_space, offset):
    rng = np.random.default_rng(0)
    z = (rng.integers(-64, 64, (260, 5)) / 16).astype(np.float32)  # z + offset is exact in float32
    near = make_space((z[:200],), (z[200:],))
    far = make_space((z[:200] + np.float32(offset),), (z[200:] + np.float32(offset),))
    np.testing.assert_array_equal(near.neighbors(10), far.neighbors(10))


@pytest.mark.parametrize("scale", [1e-38, 1e-30, 1e30])
def test_a_tiny_or_huge_scale_costs_no_precision(make_space, random_pair, scale):
    (z_gallery, _), (z_query, _) = random_pair
    factor = np.float32(2.0 ** np.round(np.log2(scale)))
    plain = make_space((z_gallery,), (z_query,))
    scaled = make_space((z_gallery * factor,), (z_query * factor,))
    tolerated = 0.99 if scale < 1e-37 else 1  # below the smallest normal float32, numbers themselves are rounded
    assert np.mean(plain.neighbors(10) == scaled.neighbors(10)) >= tolerated


def test_whole_numbers_keep_exact_ties():
    rng = np.random.default_rng(0)
    z = rng.integers(0, 17, (50, 8)).astype(np.float32)
    points = Gallery(Rows(z)).points
    exact = ((z[:, None].astype(int) - z[None].astype(int)) ** 2).sum(-1)
    squared = ((points[:, None] - points[None]) ** 2).sum(-1)  # float32
    ratio = squared[exact > 0] / exact[exact > 0]
    assert len(np.unique(ratio)) == 1


def test_absurdly_far_queries_stay_finite(make_space):
    z = np.random.default_rng(0).normal(size=(40, 3))
    space = make_space((z,), (np.array([[3e38, -3e38, 0], [0, 0, 0]]),))
    assert np.isfinite(space.points).all()
    assert space.neighbors(5).min() >= 0


def test_equal_rows_have_finite_points():
    assert not Gallery(Rows(np.full((5, 3), 7.0))).points.any()


def test_once_makes_once():
    gallery = Gallery(Rows(np.eye(3)))
    made = [gallery.once("a", lambda: object()) for _ in range(2)]
    assert made[0] is made[1]
    assert gallery.once("b", lambda: object()) is not made[0]


def test_directions_keep_zero_and_survive_extremes():
    unit = directions(np.array([[0, 0], [3, 4], [3e30, 4e30], [3e-30, 4e-30]], np.float32))
    np.testing.assert_allclose(unit, [[0, 0], [0.6, 0.8], [0.6, 0.8], [0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_a_gallery_in_blocks_is_the_same(random_pair, monkeypatch, distance):
    (z, _), _ = random_pair
    whole = Gallery(Rows(z), distance).points
    monkeypatch.setattr(module, "_BLOCK", 60)
    monkeypatch.setattr(module, "_PLACED", 25)
    gallery = Gallery(Rows(z), distance)
    blocks = list(gallery.blocks())
    assert [len(block) for block in blocks] == [10] * 30
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    np.testing.assert_array_equal(gallery.take(np.array([7, 3])), whole[[7, 3]])
    assert not gallery.of_points.made("points")  # no copy was kept
    np.testing.assert_array_equal(gallery.points, whole)
    assert [len(block) for block in gallery.blocks()] == [300]


def test_models_are_fitted_on_a_sample_of_many_rows(random_pair, monkeypatch):
    distinct = Rows(random_pair[0][0] + np.arange(300)[:, None], random_pair[0][1])
    gallery = Gallery(distinct)
    assert gallery.sample.points is gallery.points
    assert gallery.notes == []
    monkeypatch.setattr(module, "_FITTED", 120)
    drawn = Gallery(distinct)
    assert drawn.notes == []
    sample = drawn.sample
    place = [int(np.flatnonzero((gallery.points == row).all(axis=1))[0]) for row in sample.points]
    assert len(place) == 120
    assert place == sorted(set(place))
    np.testing.assert_array_equal(sample.known, distinct.known[place])
    assert drawn.sample.points is sample.points
    assert drawn.notes == ["k-means and the linear probe are fitted on 120 random rows of the 300 to search"]
