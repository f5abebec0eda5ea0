"""How bad the mistakes of a nearest neighbour are where classes form a hierarchy."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.rows import Rows
    from embedbench.evaluation.space import EmbeddingSpace

Integers = NDArray[np.int64]


@family("retrieval", {"lca_height@1": Measure(0, inf, "lower")}, needs="classes", live=False)
def hierarchy(space: EmbeddingSpace) -> Values:
    """How far up a query's class and that of its nearest gallery row have an ancestor in common.

    The height of the lowest one (Bertinetto et al., 2020), in a hierarchy of L levels above the label: 0 for the same
    class, 1 for another one of the same class of the first level, and so on; L + 1, the root, where no level is shared.
    A row without a value in a level shares none there. ``lca_height@1`` is the mean over all query rows, those that are
    right included; of equally distant gallery rows the earliest counts. Query rows that are searched among themselves
    find another one. Left out without levels.
    """
    own, known = _paths(space.query), _paths(space.gallery.rows)  # (rows, levels + 1)
    if own.shape[1] < 2 or (space.among_queries and len(own) < 2):
        return {}
    nearest = _another(space) if space.among_queries else space.neighbors(1)[:, 0]
    return {"lca_height@1": heights(own, known[nearest]).astype(np.float64)}


def heights(one: Integers, other: Integers) -> Integers:
    """Heights of the lowest common ancestors of pairs of leaves, int64 ``(pairs,)``.

    >>> heights(np.array([[3, 1, 0], [3, 1, 0], [3, -1, 0]]), np.array([[3, 1, 0], [4, 2, 1], [4, -1, 0]])).tolist()
    [0, 3, 2]

    Args:
        one: Class numbers at each level from the leaves upwards, -1 where unknown, ``(pairs, levels)``.
        other: Of the other leaf of each pair, likewise.
    """
    shared = (one == other) & (one >= 0)
    found: Integers = np.where(shared.any(axis=1), shared.argmax(axis=1), one.shape[1])
    return found


def _paths(rows: Rows) -> Integers:
    """Class numbers from the label upwards, ``(rows, levels + 1)``."""
    above = sorted((one for one in rows.further.values() if one.height), key=lambda one: one.height)
    return np.column_stack([rows.known, *(one.label for one in above)])


def _another(space: EmbeddingSpace) -> Integers:
    """The nearest of the other query rows, ``(query rows,)``: of two, the first that isn't the row itself."""
    two = space.neighbors(2)
    is_itself = two[:, 0] == np.arange(len(two))
    found: Integers = np.where(is_itself, two[:, 1], two[:, 0])
    return found
