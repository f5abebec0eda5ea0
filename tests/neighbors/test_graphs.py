"""Neighbours that were kept are those that would be found, and no others are given for them."""

import numpy as np
import pytest

from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite
from embedbench.neighbors import graphs
from embedbench.neighbors.graphs import kept
from embedbench.neighbors.index import Nearest
from embedbench.request.suite_request import with_cache

GALLERY, QUERY = (np.random.default_rng(n).normal(size=(rows, 3)).astype(np.float32) for n, rows in enumerate((50, 7)))


class Memory:
    """Keeps in memory, by content."""

    def __init__(self):
        self.held, self.made = {}, 0

    def __call__(self, follows_from, make):
        key = tuple(part if isinstance(part, str) else part.tobytes() for part in follows_from)
        if key not in self.held:
            self.held[key] = make()
            self.made += 1
        return self.held[key]


@pytest.fixture(autouse=True)
def always(monkeypatch):
    monkeypatch.setattr(graphs, "_WORTH", 0)


@pytest.mark.parametrize("found", [Nearest(np.arange(6).reshape(2, 3)), Nearest(np.zeros((1, 2), int), 0.97, "é: .97")])
def test_what_was_found_comes_back(found):
    memory = Memory()
    first = kept(memory, GALLERY, QUERY, "3 flat", lambda: found)
    again = kept(memory, GALLERY, QUERY, "3 flat", lambda: pytest.fail("searched again"))
    for one in (first, again):
        assert np.array_equal(one.rows, found.rows)
        assert one[1:] == found[1:]


def test_search_that_is_soon_done_is_not_kept(monkeypatch):
    monkeypatch.setattr(graphs, "_WORTH", len(QUERY) * GALLERY.size + 1)
    memory = Memory()
    kept(memory, GALLERY, QUERY, "3 flat", lambda: Nearest(np.zeros((7, 3), int)))
    assert not memory.held


def scores(suite, memory, gallery=GALLERY, query=QUERY):
    suite.keep = memory
    return suite.score(Rows(gallery), {"test": Rows(query)})["test"]


def test_suite_scores_alike_and_searches_once():
    memory, suite = Memory(), Suite(["latent/hubness"])
    first = scores(suite, memory)
    assert (scores(suite, memory), memory.made) == (first, 1)
    assert scores(suite, None) == first


CHANGES = {
    "gallery": lambda memory: scores(
        Suite(["latent/hubness"]), memory, gallery=GALLERY + np.eye(50, 3, dtype=np.float32)
    ),
    "query": lambda memory: scores(Suite(["latent/hubness"]), memory, query=QUERY[::-1].copy()),
    "distance": lambda memory: scores(Suite(["latent/hubness"], distance="cosine"), memory),
    "neighbours": lambda memory: scores(Suite(["latent/hubness"], neighbors=40), memory),
    "index": lambda memory: scores(Suite(["latent/hubness"], index="hnsw"), memory),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_anything_else_is_searched_for(change):
    memory = Memory()
    scores(Suite(["latent/hubness"]), memory)
    change(memory)
    assert memory.made == 2


def test_of_a_command_they_are_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path))
    suite = with_cache(Suite(["latent/hubness"]))
    first = scores(suite, suite.keep)
    (path,) = tmp_path.rglob("*.safetensors")
    assert path.parent.name == "neighbors"
    monkeypatch.setattr("embedbench.evaluation.space.nearest", lambda *_: pytest.fail("searched again"))
    assert scores(suite, suite.keep) == first
