"""The index is chosen by a stated rule, works until it finds enough, and says how much that is."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery
from embedbench.neighbors import index as module
from embedbench.neighbors import search
from embedbench.neighbors.index import build_index, choose_index, list_count, nearest
from embedbench.neighbors.precision import Differences


@pytest.fixture(scope="module")
def crowd():
    """Gallery of 3,000 rows in 60 groups, and 400 queries: few lists hold most of the neighbours."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, 8)) * 3
    z = (centres[rng.integers(0, 60, 3400)] + rng.normal(size=(3400, 8))).astype(np.float32)
    return Gallery(Rows(z[:3000])), z[3000:]


def exact(gallery, query, k):
    distances = ((query[:, None].astype(float) - gallery.points[None]) ** 2).sum(axis=2)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def found_by(gallery, points, k, make):
    return nearest(gallery, points, k, make, Differences.plain(gallery.points, points))


@pytest.mark.parametrize(
    ("index", "rows", "queries", "dim", "chosen"),
    [
        ("auto", 60_000, 10_000, 128, "flat"),
        ("auto", 1_000_000, 300, 128, "flat"),  # an index costs more than it saves
        ("auto", 1_000_000, 10_000, 128, "ivf"),
        ("auto", 200_000, 1_000_000, 128, "flat"),
        ("flat", 1_000_000, 10_000, 128, "flat"),
        ("hnsw", 50, 5, 8, "hnsw"),
        ("ivf", 39 * 32, 5, 8, "ivf"),
    ],
)
def test_the_rule(index, rows, queries, dim, chosen):
    assert choose_index(index, rows, queries, dim) == chosen


def test_a_gpu_searches_exactly(monkeypatch):
    monkeypatch.setattr(search, "gpus", lambda: 1)
    assert choose_index("auto", 1_000_000, 10_000, 128) == "flat"


def test_lists_of_too_few_rows_are_refused():
    with pytest.raises(
        UsageError, match="`index` ivf needs 624 gallery rows, 39 for each of 16 lists, got 300; use flat"
    ):
        choose_index("ivf", 300, 10, 4)


def test_lists_are_a_power_of_two_near_the_root():
    assert [list_count(rows) for rows in (1_000, 10_000, 100_000, 1_000_000, 100_000_000)] == [32, 128, 256, 1024, 8192]


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_an_index_finds_what_it_says(crowd, kind):
    gallery, query = crowd
    found = found_by(gallery, gallery.normalise(query), 12, lambda: build_index(gallery, kind))
    true = exact(gallery, gallery.normalise(query), 10)
    recall = np.mean(
        [len(set(a) & set(b)) / 10 for a, b in zip(found.rows[:, :10].tolist(), true.tolist(), strict=True)]
    )
    assert found.rows.shape == (400, 12)
    assert found.recall >= 0.95
    assert found.recall == pytest.approx(recall, abs=0.02)  # of 300 of the 400
    name = {"ivf": "IVF64,Flat with nprobe", "hnsw": "HNSW16,Flat with efSearch"}[kind]
    assert f"the neighbours of 400 query rows are approximate, from faiss' {name}" in found.note
    assert f"recall@10 is {found.recall:.3f}, measured against exact search for 300 of them" in found.note


def test_effort_is_doubled_until_it_is_enough(crowd, monkeypatch):
    gallery, query = crowd
    points, index = gallery.normalise(query), build_index(gallery, "ivf")
    monkeypatch.setitem(module._FIRST, "nprobe", 1)
    few = found_by(gallery, points, 10, lambda: index)
    monkeypatch.setattr(module, "_RECALL", 0.999)
    more = found_by(gallery, points, 10, lambda: index)
    monkeypatch.setattr(module, "_RECALL", 2)  # never enough
    all_lists = found_by(gallery, points, 10, lambda: index)
    assert few.recall < more.recall <= 1
    assert "nprobe 64:" in all_lists.note
    assert all_lists.recall == 1
    np.testing.assert_array_equal(all_lists.rows, exact(gallery, points, 10))


def test_equally_near_rows_count_as_found():
    z = np.random.default_rng(0).integers(0, 2, (3000, 4)).astype(np.float32)  # 16 rows that differ
    gallery = Gallery(Rows(z))
    assert found_by(gallery, gallery.points[:50], 10, lambda: build_index(gallery, "ivf")).recall == 1


def test_queries_with_too_few_found_are_searched_exactly(crowd, monkeypatch):
    gallery, query = crowd
    points = gallery.normalise(query)
    monkeypatch.setattr(module, "_RECALL", 0)
    monkeypatch.setitem(module._FIRST, "nprobe", 1)
    found = found_by(gallery, points, 60, lambda: build_index(gallery, "ivf"))  # a list holds about 47 rows
    assert found.rows.min() >= 0
    assert all(len(set(row)) == 60 for row in found.rows.tolist())


def test_exact_search_has_nothing_to_say(crowd):
    gallery, query = crowd
    found = found_by(gallery, gallery.normalise(query), 5, None)
    assert (found.recall, found.note) == (None, None)
    np.testing.assert_array_equal(found.rows, exact(gallery, gallery.normalise(query), 5))


def test_a_gallery_has_one_index_for_all_its_queries(crowd, monkeypatch):
    gallery, query = Gallery(crowd[0].rows), crowd[1]
    built = []
    monkeypatch.setattr(
        "embedbench.evaluation.space.build_index", lambda *args: built.append(args[1]) or build_index(*args)
    )
    for part in (query[:200], query[200:]):
        space = EmbeddingSpace(gallery, Rows(part), EvaluationSettings(5, 1, 0, search="ivf"))
        assert (space.recall, space.notes) == (None, [])
        space.neighbors(5)
        assert space.recall >= 0.95
        assert len(space.notes) == 1
    assert built == ["ivf"]
