"""The graph of rows and their nearest neighbours that models learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from embedbench.functional.fuzzy_graph import apart, fuzzy_union, memberships
from embedbench.neighbors.search import search


def row_graph(rows: NDArray[np.float32], neighbors: int, name: str) -> tuple[sparse.csr_array, list[str]]:
    """UMAP's fuzzy graph of rows.

    Args:
        rows: ``(rows, features)``.
        neighbors: Nearest rows of each one, itself among them, as umap-learn counts; in [2, rows − 1].
        name: Of the rows, for the note.

    Returns:
        Weights, ``(rows, rows)``, and a note of the parts that it falls into if it isn't connected.
    """
    near = search(rows, rows, neighbors)
    graph = fuzzy_union(near, memberships(apart(rows, rows, near)))
    parts = connected_components(graph, directed=False, return_labels=False)
    if parts == 1:
        return graph, []
    return graph, [
        f"the graph of the {neighbors} nearest neighbours of {len(rows)} {name} falls into {parts} parts, which were "
        "left so: the loss pushes them apart"
    ]
