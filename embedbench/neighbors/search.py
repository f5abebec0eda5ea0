"""Nearest neighbours: exact, and by indices of faiss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.normaliser import FAR, Real, fast
from embedbench.neighbors.open_order import SPARE, is_open, ordered, searched
from embedbench.neighbors.precision import Differences, slack

_GPU_NEIGHBORS = 2048  # most that faiss finds on a GPU
_FIRST_COMES_FIRST = 100  # neighbours below which faiss puts the earlier of equally distant rows first, on a CPU
_BUILD_EFFORT = 60  # candidates of an HNSW graph's build

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def gpus() -> int:
    """GPUs that faiss can use: none in its build for CPUs."""
    import faiss

    return int(faiss.get_num_gpus())


class Searchable(Protocol):
    """Rows to search in, wherever they are."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions."""

    def blocks(self) -> Iterator[Real]:
        """All of them, in order, some at a time."""


class InMemory(NamedTuple):
    """A gallery in memory, ``(rows, dim)``."""

    points: Real

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions."""
        return self.points.shape[0], self.points.shape[1]

    def blocks(self) -> Iterator[Real]:
        """One block."""
        yield self.points


def search(gallery: Real, query: Real, k: int) -> Integers:
    """Row numbers of the k gallery rows nearest to each query row by Euclidean distance, nearest first.

    Args:
        gallery: float32 or float64 ``(rows, dim)``.
        query: ``(query rows, dim)``.
        k: In [1, rows].

    Returns:
        int64 ``(query rows, k)``. The earlier of equally distant rows comes first.
    """
    return search_blocks(InMemory(gallery), query, k, Differences.plain(gallery, query))


def search_blocks(gallery: Searchable, query: Real, k: int, pairs: Differences) -> Integers:
    """The same as `search` of a gallery that comes in blocks of rows, one after the other.

    Faiss finds candidates by products of float32 rows. Queries for which rounding may have decided (`is_open`) are
    settled by float64 differences of these, and searched again in float64 where others may be as near.

    Args:
        gallery: k rows or more, normalised as the queries are.
        query: ``(query rows, dim)``.
        k: At least 1.
        pairs: The same rows as they were given.
    """
    n_rows, dim = gallery.shape
    width = min(k + SPARE, n_rows)
    kept: Integers
    near, found = _candidates(gallery.blocks(), fast(query), width)
    lengths = np.minimum(np.linalg.norm(query, axis=1), FAR).astype(np.float32)
    open_ones = np.flatnonzero(is_open(near, lengths, k, dim))
    if not len(open_ones) or (width < _FIRST_COMES_FIRST and not gpus() and pairs.certain()):
        return found[:, :k]
    kept = found[:, :k].copy()
    rows, squares = ordered(pairs, open_ones, found[open_ones])
    kept[open_ones] = rows[:, :k]
    if width < n_rows:
        last = near[open_ones, -1]
        sure = squares[:, k - 1] < last - slack(last, lengths[open_ones], dim)
        again = open_ones[~sure]
        kept[again] = searched(pairs, gallery.blocks, query, again, k)
    return kept


def _candidates(gallery: Iterable[Real], query: Floats, k: int) -> tuple[Floats, Integers]:
    """Squared distances by products, rising, and row numbers, ``(query rows, k)`` each."""
    distances, found, before = np.empty((len(query), 0), np.float32), np.empty((len(query), 0), np.int64), 0
    for block in gallery:
        near, rows = _knn(fast(block), query, min(k, len(block)))
        distances, found = np.hstack([distances, near]), np.hstack([found, rows + before])
        if before:
            order = distances.argsort(axis=1, kind="stable")[:, :k]  # equally distant: the earlier block comes first
            distances = np.take_along_axis(distances, order, axis=1)
            found = np.take_along_axis(found, order, axis=1)
        before += len(block)
    return distances, found


def _knn(gallery: Floats, query: Floats, k: int) -> tuple[Floats, Integers]:
    """Squared distances and row numbers, on a GPU if faiss has one."""
    import faiss

    if gpus() and k <= _GPU_NEIGHBORS:
        near, rows = faiss.knn_gpu(faiss.StandardGpuResources(), query, gallery, k)
    else:
        near, rows = faiss.knn(query, gallery, k)
    return near, rows


class Approximate(NamedTuple):
    """An index of rows that finds most of the nearest ones without looking at all; faiss', on CPUs.

    Attributes:
        name: As faiss' index factory has it.
        effort_name: What is turned up to find more: "nprobe", the lists looked through, or "efSearch", the candidates
            kept on the way through the graph.
        index: Holds its own copy of the rows.
    """

    name: str
    effort_name: str
    index: Any

    def search(self, query: Floats, k: int, effort: int) -> Integers:
        """Row numbers as `search` gives them, int64 ``(query rows, k)``; −1 in the last places of too few found."""
        import faiss

        faiss.ParameterSpace().set_index_parameter(self.index, self.effort_name, effort)
        found: Integers = self.index.search(query, k)[1]
        return found


def inverted_lists(sample: Floats, gallery: Iterable[Floats], lists: int) -> Approximate:
    """Rows in lists by their nearest centre (Sivic & Zisserman, 2003), of which a search looks through a few.

    Args:
        sample: Rows that the centres are trained on, float32 ``(39 · lists or more, dim)``.
        gallery: Blocks of rows, float32 ``(rows of the block, dim)``.
        lists: Number of centres.
    """
    import faiss

    name = f"IVF{lists},Flat"
    index: Any = faiss.index_factory(sample.shape[1], name)
    index.cp.max_points_per_centroid = len(sample)  # that is: all of them are used
    index.train(fast(sample))
    for block in gallery:
        index.add(fast(block))
    return Approximate(name, "nprobe", index)


def navigable_graph(dim: int, gallery: Iterable[Floats]) -> Approximate:
    """A graph of near rows in layers, walked greedily (Malkov & Yashunin, 2018), with 16 neighbours a row.

    Built by several threads, it isn't the same each time.
    """
    import faiss

    name = "HNSW16,Flat"
    index: Any = faiss.index_factory(dim, name)
    index.hnsw.efConstruction = _BUILD_EFFORT
    for block in gallery:
        index.add(fast(block))
    return Approximate(name, "efSearch", index)


def others(points: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Row numbers of the k rows nearest to each row, itself left out, nearest first.

    Args:
        points: float32 ``(rows, dim)``.
        k: In [1, rows − 1].

    Returns:
        int64 ``(rows, k)``. Of equally distant rows the earlier one comes first, below 100 neighbours.
    """
    found = search(points, points, k + 1)
    itself = found == np.arange(len(points))[:, None]
    itself[~itself.any(axis=1), -1] = True  # behind k rows that equal it, or that rounding brought before it
    kept: NDArray[np.int64] = found[~itself].reshape(len(points), k)
    return kept
