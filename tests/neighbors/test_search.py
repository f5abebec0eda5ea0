from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from sklearn.metrics import f1_score

from embedbench.neighbors.precision import Differences
from embedbench.neighbors.search import others, search, search_blocks


def test_digits_nearest_neighbour_numbers(digits):
    (z_gallery, y_gallery), (z_query, y_query) = digits
    predicted = y_gallery[search(z_gallery, z_query, 1)[:, 0]]
    assert np.mean(predicted == y_query) == pytest.approx(0.99111, abs=5e-6)
    assert f1_score(y_query, predicted, average="macro") == pytest.approx(0.9913675218842191, abs=1e-12)


@pytest.mark.parametrize(("n_query", "k"), [(200, 1), (200, 20), (5, 20), (200, 99), (200, 300)])
def test_of_equally_near_rows_the_first_comes_first(n_query, k):
    rng = np.random.default_rng(0)
    gallery, query = (rng.integers(0, 3, (n, 4)).astype(np.float32) for n in (400, n_query))
    exact = ((query[:, None] - gallery[None]) ** 2).sum(-1)
    np.testing.assert_array_equal(search(gallery, query, k), np.argsort(exact, axis=1, kind="stable")[:, :k])


@pytest.mark.parametrize("k", [1, 5, 39])
def test_others_leave_the_row_itself_out(k):
    rng = np.random.default_rng(0)
    for points in (rng.normal(size=(40, 3)), rng.integers(0, 2, (40, 2)), np.zeros((40, 2))):  # with many equal rows
        found = others(points.astype(np.float32), k)
        exact = ((points[:, None] - points[None]) ** 2).sum(-1) + np.diag(np.full(40, np.inf))
        assert not (found == np.arange(40)[:, None]).any()
        assert all(len(set(row)) == k for row in found.tolist())
        np.testing.assert_allclose(np.take_along_axis(exact, found, 1), np.sort(exact, 1)[:, :k], atol=1e-5)


class _Parted(NamedTuple):
    points: np.ndarray
    size: int

    @property
    def shape(self):
        return self.points.shape

    def blocks(self):
        return (self.points[start : start + self.size] for start in range(0, len(self.points), self.size))


@pytest.mark.parametrize("size", [1, 7, 50, 400])
@pytest.mark.parametrize("k", [1, 20, 60])
def test_blocks_are_searched_like_the_whole(size, k):
    rng = np.random.default_rng(0)
    gallery, query = (rng.integers(0, 4, (n, 3)).astype(np.float32) for n in (400, 30))  # many ties
    parted = _Parted(gallery, size)
    found = search_blocks(parted, query, k, Differences.plain(gallery, query))
    np.testing.assert_array_equal(found, search(gallery, query, k))


def test_a_gpu_is_used_where_faiss_has_one(monkeypatch):
    import faiss

    gallery, query = np.random.default_rng(0).normal(size=(2, 90, 4)).astype(np.float32)
    expected, asked = search(gallery, query, 5), []
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "StandardGpuResources", lambda: "gpu", raising=False)
    monkeypatch.setattr(faiss, "knn_gpu", lambda *args: asked.append(args[0]) or faiss.knn(*args[1:]), raising=False)
    np.testing.assert_array_equal(search(gallery, query, 5), expected)
    assert asked == ["gpu"]
