from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from embedbench.evaluation.metrics.retrieval import near_ties, ranking, tiles
from embedbench.evaluation.metrics.retrieval.ranking import DEPTH, score_queries
from embedbench.neighbors.precision import Differences


def _order(query, gallery, irrelevant_first):
    exact = ((gallery.astype(float) - query) ** 2).sum(1)
    return np.lexsort((irrelevant_first, exact))


def scored(blocks, label, query, query_label, score):
    blocks = list(blocks)
    pairs = Differences.plain(np.concatenate(blocks), query)
    return score_queries(iter(blocks), label, query, query_label, score, pairs)


def flatten(hits):
    """All that a batch of hits holds, one row a query."""
    flat = np.full((len(hits.first), 3000), -1.0)
    flat[:, 0], flat[:, 1] = hits.total, hits.first
    flat[:, 2 : 2 + hits.relevant.shape[1]] = hits.relevant
    return flat


WAYS = {
    "whole": {},
    "whole, row by row": {"_WHOLE": 1, "_QUERIES": 7},
    "filtered": {"_SAMPLE": 100, "_STRIDE": 1},
    "filtered in small tiles": {"_SAMPLE": 100, "_STRIDE": 1, "_TILE": 37, "_QUERIES": 7},
    "filtered too much": {"_SAMPLE": 100, "_STRIDE": 1, "_MARGIN": -1.0},
    "filtered by two rows": {"_SAMPLE": 2, "_STRIDE": 1, "_MARGIN": 0.0},
}


@pytest.mark.parametrize("way", WAYS)
def test_hits_equal_a_sorted_loop(pair, monkeypatch, way):
    for name, value in WAYS[way].items():
        monkeypatch.setattr(ranking if name in ("_WHOLE", "_QUERIES") else tiles, name, value)
    exact = [(np.round(32 * z) / 32, label) for z, label in pair]  # in whatever order the squares are summed
    (z_gallery, y_gallery), (z_query, y_query) = exact
    found = scored([z_gallery[:50], z_gallery[50:]], y_gallery, z_query, y_query, flatten)
    for row, query, label in zip(found, z_query, y_query, strict=True):
        relevant = (y_gallery == label)[_order(query, z_gallery, y_gallery == label)]
        if not relevant.any():
            assert not row.any()
            continue
        depth = max(relevant.sum(), DEPTH)
        assert row[0] == relevant.sum()
        assert row[1] == relevant.argmax() + 1
        np.testing.assert_array_equal(row[2 : 2 + depth], relevant[:depth])
        assert (row[2 + depth :] == -1).all()


@pytest.fixture(scope="module")
def many():
    """20,000 rows of whole numbers, whose distances and ties are exact in whatever order they are summed; 2,000 classes
    of 1 to 20 rows and one of 3,000."""
    rng = np.random.default_rng(0)
    z = rng.integers(-20, 20, (20_300, 6)).astype(np.float32)
    label = np.where(rng.random(20_300) < 0.15, 2000, rng.integers(0, 2000, 20_300))
    return [z[300:]], label[300:], z[:300], label[:300]


def first_ranks(hits):
    return np.column_stack([hits.first, hits.relevant.sum(axis=1), hits.relevant[:, :10]]).astype(float)


def test_a_filter_changes_nothing(many, monkeypatch):
    passed = []
    filtered = tiles.filtered
    monkeypatch.setattr(
        ranking, "filtered", lambda *args: (passed.extend(some.lines.found) or some for some in filtered(*args))
    )
    found = scored(*many, first_ranks)
    assert len(passed) == 300
    assert np.mean(passed) < 3000  # of 20,000
    blocks = np.array_split(many[0][0], 7)
    np.testing.assert_array_equal(scored(iter(blocks), *many[1:], first_ranks), found)
    monkeypatch.setattr(tiles, "_SAMPLE", 20_000)
    np.testing.assert_array_equal(scored(*many, first_ranks), found)
    assert len(passed) == 600


def test_few_rows_pass_the_filter_unseen(many, monkeypatch):
    """Of queries whose nearest relevant row is near, hardly any is ranked twice."""
    again = []
    unfiltered = tiles.unfiltered
    monkeypatch.setattr(
        ranking, "unfiltered", lambda held, some: again.append(len(some.rows)) or unfiltered(held, some)
    )
    gallery, label, query, _ = many
    scored(gallery, (label < 1000).astype(int), query, np.arange(300) % 2, first_ranks)
    assert sum(again) <= 6


def test_memory_is_flat_in_the_queries(many):
    (gallery,), label, query, query_label = many
    query, query_label = np.tile(query, (16, 1)), np.tile(query_label, 16)
    with threadpool_limits(1):
        tracemalloc.start()
        scored([gallery], label, query, query_label, lambda hits: hits.first[:, None] * 1.0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < gallery.nbytes * 8 / 6 + 64e6  # the matrix of all distances would take 384 MB


def test_no_class_in_common():
    z = np.eye(3, dtype=np.float32)
    found = scored([z], np.zeros(3, int), z, np.ones(3, int), lambda hits: np.ones((len(hits.first), 2)))
    assert found.tolist() == [[0, 0]] * 3


@pytest.mark.parametrize(("step", "first"), [(2.0**-21, 1), (2.0**-25, 1), (2.0**-38, 1), (2.0**-42, 2)])
def test_rows_are_equally_far_within_rounding_of_float64(step, first):
    gallery = np.array([[1.0], [1 + step]])
    found = scored([gallery], np.array([1, 0]), np.zeros((1, 1)), np.array([1]), lambda hits: hits.first[:, None] * 1.0)
    assert found.tolist() == [[first]]


@pytest.mark.parametrize("ranked", [2, 9, 40, 300])
@pytest.mark.parametrize("way", ["whole", "filtered"])
def test_a_row_among_many_that_float32_cannot_tell_apart_has_its_rank(monkeypatch, ranked, way):
    """Relevant rows lie far apart, but the last is the nearest of a thousand rows that have one distance in float32."""
    for name, value in WAYS[way].items():
        monkeypatch.setattr(tiles, name, value)
    relevant = np.append(np.linspace(1, 50, ranked - 1), 100 - 1e-7)
    others = 100 + 1e-9 * np.arange(1000)
    gallery = np.concatenate([others, relevant, np.linspace(200, 300, 2000)])[:, None] + np.array([[1e4, 0]])
    label = np.concatenate([np.zeros(1000, int), np.ones(ranked, int), np.full(2000, 2)])
    found = scored([gallery], label, np.array([[1e4, 0.0]]), np.array([1]), flatten)[0]
    assert found[1] == 1
    assert found[2 : 2 + ranked].all()


def test_a_crowd_of_one_class_is_left_as_it_is(monkeypatch):
    """What rounding can't move isn't looked at again: rows of one class in one place."""
    rng = np.random.default_rng(0)
    label = np.arange(2000) % 4
    z = (100 * np.eye(4)[label] + 1e-6 * rng.normal(size=(2000, 4))).astype(np.float32)
    settled = []
    settle = near_ties.Lines.settle
    monkeypatch.setattr(near_ties.Lines, "settle", lambda *args: settled.append(1) or settle(*args))
    found = scored([z[:1900]], label[:1900], z[1900:], label[1900:], first_ranks)
    assert (found[:, 0] == 1).all()
    assert not settled


def test_a_gallery_of_one_row():
    query = np.array([[0.3, 0.1], [0.7, 0.2]])
    found = scored([np.array([[0.1, 0.7]])], np.array([4]), query, np.array([4, 5]), lambda hits: hits.first[:, None])
    assert found.tolist() == [[1], [0]]
