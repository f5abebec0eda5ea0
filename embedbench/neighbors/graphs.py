"""Neighbours of all queries as arrays that whoever calls a suite may keep, and what these follow from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.neighbors.index import Nearest
from embedbench.neighbors.normaliser import Floats

Arrays = dict[str, NDArray[Any]]
Keep = Callable[[list[str | NDArray[Any]], Callable[[], Arrays]], Arrays]

_WORTH = 1e10  # multiplications of an exact search from which on it is kept: some 0.2 s at 100 GFLOP/s


def kept(keep: Keep | None, gallery: Floats, query: Floats, settings: str, find: Callable[[], Nearest]) -> Nearest:
    """The neighbours that were kept for such rows and settings, or found now; a search that is soon done isn't kept.

    Args:
        keep: Given all that arrays follow from and what makes them, returns them, made now or earlier.
        gallery: Rows that are searched, ``(rows, dim)``.
        query: Rows whose neighbours are sought, ``(query rows, dim)``.
        settings: All else that the neighbours follow from.
        find: Searches.
    """
    if keep is None or len(query) * gallery.size < _WORTH:
        return find()
    return _from_arrays(keep([settings, gallery, query], lambda: _to_arrays(find())))


def _to_arrays(found: Nearest) -> Arrays:
    recall = np.array([] if found.recall is None else [found.recall])
    return {"rows": found.rows, "recall": recall, "note": np.frombuffer((found.note or "").encode("utf8"), np.uint8)}


def _from_arrays(arrays: Arrays) -> Nearest:
    recall, note = arrays["recall"].tolist(), arrays["note"].tobytes().decode("utf8")
    return Nearest(arrays["rows"], recall[0] if recall else None, note or None)
