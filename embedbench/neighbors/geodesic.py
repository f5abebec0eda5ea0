"""Shortest paths over a graph of nearest neighbours, as Isomap measures distances along a manifold."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from embedbench.neighbors.search import others, search

_SOURCES = 64  # landmarks whose paths are found at a time: their float64 distances are held beside the table
_QUERIES = 256


class Graph(NamedTuple):
    """Rows joined to their nearest neighbours.

    Attributes:
        edges: Lengths of the edges, to be read in both directions, ``(rows, rows)``.
        parts: In how many the graph fell before it was joined; 1 if it was connected.
    """

    edges: csr_array
    parts: int


def neighbor_graph(points: NDArray[np.float32], k: int) -> Graph:
    """Edges from each row to its k nearest others, as long as their Euclidean distance.

    A graph that falls into parts is joined by the shortest edge between each two of them, as scikit-learn's Isomap
    does, so that each row can be reached.

    Args:
        points: float32 ``(rows, dim)``.
        k: In [1, rows − 1].
    """
    rows = len(points)
    near = others(points, k)
    # Row numbers as int32, the only ones of which scipy 1.13 finds shortest paths.
    start, end = np.repeat(np.arange(rows, dtype=np.int32), k), near.ravel().astype(np.int32)
    parts, part = connected_components(csr_array((np.ones(rows * k), (start, end)), (rows, rows)), directed=False)
    members = [np.flatnonzero(part == number) for number in range(parts)]
    links = [_link(points, one, other) for one, other in combinations(members, 2)]
    start = np.concatenate([start, [one for one, _ in links]]).astype(np.int32)
    end = np.concatenate([end, [other for _, other in links]]).astype(np.int32)
    return Graph(csr_array((_lengths(points, points, start, end), (start, end)), (rows, rows)), parts)


def from_landmarks(graph: Graph, landmarks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Lengths of the shortest paths from each row to some of them (Tenenbaum et al., 2000; de Silva & Tenenbaum, 2003).

    Args:
        graph: Of the rows.
        landmarks: Row numbers ``(landmarks,)``.

    Returns:
        float32 ``(rows, landmarks)``.
    """
    table = np.empty((graph.edges.shape[0], len(landmarks)), np.float32)
    for first in range(0, len(landmarks), _SOURCES):
        some = landmarks[first : first + _SOURCES]
        table[:, first : first + len(some)] = dijkstra(graph.edges, directed=False, indices=some).T
    return table


def extended(
    table: NDArray[np.float32], points: NDArray[np.float32], query: NDArray[np.float32], k: int
) -> NDArray[np.float32]:
    """Path lengths of rows that aren't in the graph: the shortest by way of one of their k nearest rows that are.

    Args:
        table: Of the rows of the graph, float32 ``(rows, landmarks)``.
        points: Those rows, float32 ``(rows, dim)``.
        query: Rows outside, float32 ``(query rows, dim)``.
        k: In [1, rows].

    Returns:
        float32 ``(query rows, landmarks)``.
    """
    near = search(points, query, k)
    steps = _lengths(query, points, np.repeat(np.arange(len(query)), k), near.ravel()).reshape(near.shape)
    found = np.full((len(query), table.shape[1]), np.inf, np.float32)
    for first in range(0, len(query), _QUERIES):
        some = slice(first, first + _QUERIES)
        for place in range(k):
            way = steps[some, place, None].astype(np.float32) + table[near[some, place]]
            np.minimum(found[some], way, out=found[some])
    return found


def _link(points: NDArray[np.float32], one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[int, int]:
    """The nearest pair of rows of two parts."""
    nearest = search(points[other], points[one], 1)[:, 0]
    ends = other[nearest]
    shortest = int(_lengths(points, points, one, ends).argmin())
    return int(one[shortest]), int(ends[shortest])


def _lengths(
    points: NDArray[np.float32], targets: NDArray[np.float32], start: NDArray[np.integer], end: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Distance of each pair of rows, from their difference: near rows are told apart, unlike by products."""
    found = np.empty(len(start))
    step = max(1, 2_000_000 // points.shape[1])
    for first in range(0, len(start), step):
        some = slice(first, first + step)
        found[some] = np.linalg.norm(points[start[some]].astype(np.float64) - targets[end[some]], axis=1)
    return found
