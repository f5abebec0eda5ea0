"""Values of single query rows on disk, so that runs on the same rows can be compared pair by pair."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.files.atomic import write_bytes

FOLDER = "queries"


def add_queries(folder: Path, split: str, index: NDArray[np.int64], values: Mapping[str, NDArray[Any]]) -> Path:
    """Write ``queries/SPLIT.npz`` with what it holds of the same rows and, beside that, further metrics."""
    path, there = folder / FOLDER / f"{split}.npz", {}
    if path.is_file():
        with np.load(path) as held:
            there = dict(held) if np.array_equal(held["index"], index) else {}
    return write_queries(folder, split, index, {**values, **{name: there[name] for name in there if name != "index"}})


def write_queries(folder: Path, split: str, index: NDArray[np.int64], values: Mapping[str, NDArray[Any]]) -> Path:
    """Write ``queries/SPLIT.npz`` into a run's folder, compressed, all or nothing; the path is returned.

    Args:
        folder: Of the run.
        split: Of the query rows.
        index: Number of each row in its split, int64 ``(rows,)``: the array "index".
        values: By metric, float32 ``(rows,)`` each: an array under the metric's name.

    Raises:
        UsageError: If the folder can't be written to.
    """
    content = io.BytesIO()
    arrays: dict[str, Any] = {"index": index, **values}
    np.savez_compressed(content, **arrays)
    path = folder / FOLDER / f"{split}.npz"
    write_bytes(path, content.getvalue())
    return path
