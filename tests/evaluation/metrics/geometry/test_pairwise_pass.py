"""One blockwise pass sees what plain loops over the whole matrices see."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from embedbench.errors import UsageError
from embedbench.evaluation.metrics.geometry import pairwise_pass
from embedbench.evaluation.metrics.geometry.distances import Dense
from embedbench.evaluation.metrics.geometry.grid import PairGrid
from embedbench.evaluation.metrics.geometry.pairwise_pass import compare
from embedbench.neighbors import workers
from embedbench.neighbors.normaliser import Normaliser

N = 90
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(N, 4))
SPACES = {
    "random": (RNG.normal(size=(N, 6)), RNG.normal(size=(N, 2))),
    "ties": (RNG.integers(0, 3, (N, 3)), RNG.integers(0, 2, (N, 2))),
    "duplicates": (np.repeat(NUMBERS[: N // 3], 3, axis=0), NUMBERS),
    "one-hot": (NUMBERS, np.eye(4)[RNG.integers(0, 4, N)]),
    "constant": (NUMBERS, np.ones((N, 2))),
    "line": (np.arange(N)[:, None], np.arange(N)[::-1, None] ** 2),
}


def spaces(name):
    order = np.random.default_rng(1).permutation(N)
    return [Dense(given.astype(np.float32), order) for given in SPACES[name]]


def ranked(distances):
    """Rank of each row seen from each, from 1; equals in their order; its own rank is N."""
    rank = np.empty((N, N), int)
    for i in range(N):
        seen = distances[i].copy()
        seen[i] = np.inf
        rank[i, np.argsort(seen, kind="stable")] = np.arange(1, N + 1)
    return rank


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize(("rows", "chunk"), [(256, 100_000), (7, 100)])
def test_equals_plain_loops(monkeypatch, name, rows, chunk):
    monkeypatch.setattr(pairwise_pass, "_ROWS", rows)
    monkeypatch.setattr(pairwise_pass, "_CHUNK", chunk)
    both = spaces(name)
    found = compare(*both, k=12, partners=20, anchors=61)
    assert found.rows == N
    x, z = (space.block(0, N) for space in both)
    x_rank, z_rank = ranked(x), ranked(z)
    for i in range(61):
        x_near, z_near = (np.argsort(rank[i])[:12] for rank in (x_rank, z_rank))
        assert found.input_rank[i].tolist() == x_rank[i, z_near].tolist()
        assert found.latent_rank[i].tolist() == z_rank[i, x_near].tolist()
        radius = [np.mean(space[i, near[:10]].astype(float) ** 2) for space, near in ((x, x_near), (z, z_near))]
        assert found.radius[i] == pytest.approx(radius)
        partners = [(i + step) % N for step in range(1, 21)]
        expected = np.stack([x[i, partners], z[i, partners]], axis=1)
        np.testing.assert_array_equal(found.pairs[i], expected)
        one, other = (np.delete(space[i], i).astype(float) for space in (x, z))
        sums = [one.sum(), other.sum(), one @ one, other @ other, one @ other]
        assert found.sums[i] == pytest.approx(sums, rel=1e-12)


@pytest.mark.parametrize(("rows", "chunk"), [(256, 200_000), (7, 100)])
def test_each_pair_of_an_anchor_is_counted_once(monkeypatch, rows, chunk):
    monkeypatch.setattr(pairwise_pass, "_ROWS", rows)
    monkeypatch.setattr(pairwise_pass, "_CHUNK", chunk)
    both = spaces("random")
    x, z = (space.block(0, N) for space in both)
    for anchors in (N, 61):
        grid = PairGrid(*both)
        compare(*both, 12, 20, anchors, grid)
        pairs = tuple(each[np.triu_indices(N, 1)[0] < anchors] for each in np.triu_indices(N, 1))
        np.testing.assert_array_equal(grid.counts, grid.count(x[pairs], z[pairs]))
        assert grid.counts.sum() == len(pairs[0])


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr(pairwise_pass, "_ROWS", 5)
    both = spaces("random")
    found = []
    for threads in (1, 3):
        grid = PairGrid(*both)
        with threadpool_limits(threads):
            found.append((*compare(*both, 12, 20, N, grid), grid.counts))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_as_many_threads_as_the_linear_algebra_may_use(monkeypatch):
    asked, pool = [], workers.ThreadPoolExecutor
    monkeypatch.setattr(
        workers, "ThreadPoolExecutor", lambda threads, *rest: asked.append(threads) or pool(threads, *rest)
    )
    for threads in (1, 2):
        with threadpool_limits(threads):
            compare(*spaces("random"), 12, 20, N)
    assert asked == [1, 2]


def test_few_rows_have_few_neighbours():
    three = np.array([[0.0], [1], [3]], np.float32)
    found = compare(Dense(three, np.arange(3)), Dense(three[::-1], np.arange(3)), 2, 1, 3)
    assert found.input_rank.tolist() == [[1, 2], [2, 1], [1, 2]]
    assert (found.radius[:, 0] * 4.0 ** Normaliser.of(three).exponent).tolist() == [5, 2.5, 6.5]  # of all there are


def test_memory_does_not_grow_with_the_square_of_the_rows(monkeypatch):
    monkeypatch.setattr(pairwise_pass, "_BLOCK", 200_000)
    peaks = []
    for rows in (2000, 8000):
        z = np.random.default_rng(0).normal(size=(rows, 3)).astype(np.float32)
        space = Dense(z, np.arange(rows))
        tracemalloc.start()
        compare(space, space, 10, 5, 1000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] < 8000 * 8000 / 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((90, 20, 90), r"`k` must be in \[1, 89\] for 90 rows, got 90; lower it or add rows"),
        ((0, 20, 90), r"`k` must be in \[1, 89\]"),
        ((9, 90, 90), r"`partners` must be in \[1, 89\]"),
        ((9, 20, 91), r"`anchors` must be in \[1, 90\] for 90 rows, got 91"),
    ],
)
def test_impossible_numbers_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        compare(*spaces("random"), *arguments)


def test_spaces_of_other_rows_are_refused():
    one, other = spaces("random")
    with pytest.raises(UsageError, match="the input space has 90 rows and the latent space 40"):
        compare(one, Dense(NUMBERS[:40].astype(np.float32), np.arange(40)), 9, 20, 40)
    assert len(other) == N
