"""Which index finds the neighbours, and how many of the true ones it found."""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.neighbors import search
from embedbench.neighbors.normaliser import Real, fast
from embedbench.neighbors.precision import Differences
from embedbench.neighbors.search import Approximate, Searchable

Index = Literal["auto", "flat", "ivf", "hnsw"]

_COSTLY = 1e12  # multiplications up to which exact search is chosen: about half a minute on two cores
_FEW = 200_000  # gallery rows up to which it is, whatever the queries
_PER_LIST = 39  # rows of which faiss trains the centre of a list without a warning
_TRAINED = 64  # rows a list drawn for that: four times as many are no better
_SAMPLE = 300  # queries whose neighbours are searched exactly too
_DEPTH = 10  # neighbours of which the share is measured
_RECALL = 0.95
_FIRST = {"nprobe": 8, "efSearch": 32}
_MOST_CANDIDATES = 4096
_TIE = 1 + 1e-6  # within this factor of squared distance rows are equally near

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class NumberedRows(Searchable, Protocol):
    """Rows of a gallery, of which some can be had by their numbers."""

    def take(self, chosen: Integers) -> Real:
        """Those of these numbers."""


class Nearest(NamedTuple):
    """Neighbours of some queries.

    Attributes:
        rows: Row numbers in the gallery, nearest first, int64 ``(query rows, k)``.
        recall: The share of the 10 nearest that was found, in [0, 1], measured; ``None`` of an exact search.
        note: Which index found them, with its parameters and that share; ``None`` of an exact search.
    """

    rows: Integers
    recall: float | None = None
    note: str | None = None


def choose_index(index: Index, rows: int, queries: int, dim: int) -> Literal["flat", "ivf", "hnsw"]:
    """The index asked for; for "auto" exact search, or inverted lists where that takes too long.

    That is: if rows × queries × dim is over 10^12 and the rows are over 200,000, and faiss has no GPU.

    Raises:
        UsageError: If inverted lists are asked for and the rows are too few to train them.
    """
    if index == "auto":
        return "ivf" if rows > _FEW and rows * queries * dim > _COSTLY and not search.gpus() else "flat"
    if index == "ivf" and rows < _PER_LIST * list_count(rows):
        least = _PER_LIST * list_count(rows)
        raise UsageError(
            f"`index` ivf needs {least} gallery rows, {_PER_LIST} for each of {list_count(rows)} lists, got {rows}; "
            "use flat."
        )
    return index


def list_count(rows: int) -> int:
    """Inverted lists: the power of two that is nearest to the root of the rows.

    >>> list_count(1_000_000)
    1024
    """
    return int(2 ** round(log2(rows) / 2))


def build_index(gallery: NumberedRows, index: Literal["ivf", "hnsw"]) -> Approximate:
    """An index of the gallery, which holds a copy of it."""
    rows, dim = gallery.shape
    if index == "hnsw":
        return search.navigable_graph(dim, gallery.blocks())
    lists = list_count(rows)
    chosen = np.random.default_rng(0).choice(rows, min(rows, _TRAINED * lists), replace=False)
    return search.inverted_lists(gallery.take(np.sort(chosen)), gallery.blocks(), lists)


def nearest(
    gallery: NumberedRows, query: Real, k: int, make: Callable[[], Approximate] | None, pairs: Differences
) -> Nearest:
    """The k gallery rows nearest to each query, exactly or by an index.

    The index works as hard as it takes to find .95 of the 10 nearest rows of 300 random queries, as compared with exact
    search: the lists that it looks through, or the candidates that it keeps, are doubled until it does (or until it has
    looked through all lists, or keeps 4,096). Queries for which it finds fewer than k rows are searched exactly.

    Args:
        gallery: The rows.
        query: ``(query rows, dim)``, normalised as the gallery is.
        k: In [1, rows].
        make: Gives the index; exact search without.
        pairs: The same rows as they were given.
    """
    if make is None:
        return Nearest(search.search_blocks(gallery, query, k, pairs))
    index = make()
    placed = fast(query)
    chosen = np.sort(np.random.default_rng(0).choice(len(query), min(len(query), _SAMPLE), replace=False))
    effort, recall = _tune(gallery, index, placed[chosen], k, pairs.of(chosen))
    found = index.search(placed, k, effort)
    lacking = np.flatnonzero((found < 0).any(axis=1))
    if len(lacking):
        found[lacking] = search.search_blocks(gallery, query[lacking], k, pairs.of(lacking))
    note = (
        f"the neighbours of {len(query)} query rows are approximate, from faiss' {index.name} with {index.effort_name} "
        f"{effort}: recall@{min(k, _DEPTH)} is {recall:.3f}, measured against exact search for {len(chosen)} of them"
    )
    return Nearest(found, recall, note)


def _tune(gallery: NumberedRows, index: Approximate, query: Floats, k: int, pairs: Differences) -> tuple[int, float]:
    """The effort that is enough for these queries, and their recall."""
    depth = min(k, _DEPTH)
    exact = search.search_blocks(gallery, query, depth, pairs)
    reach = _squares(pairs, exact).max(axis=1) * _TIE  # (queries,)
    effort = _FIRST[index.effort_name]
    most = list_count(gallery.shape[0]) if index.effort_name == "nprobe" else _MOST_CANDIDATES
    while True:
        effort = min(effort, most)
        found = index.search(query, k, effort)[:, :depth]
        near = (found >= 0) & (_squares(pairs, np.maximum(found, 0)) <= reach[:, None])
        recall = float(near.mean())
        if recall >= _RECALL or effort == most:
            return effort, recall
        effort *= 2


def _squares(pairs: Differences, rows: Integers) -> NDArray[np.float64]:
    """Squared distances of each query to some rows of its own ``(queries, rows)``."""
    return pairs.squares(np.repeat(np.arange(len(rows)), rows.shape[1]), rows.ravel()).reshape(rows.shape)
