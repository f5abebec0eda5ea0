"""Columns whose cells are vectors: lists of numbers, all of one length."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.tables.cells import to_list

if TYPE_CHECKING:
    import pandas as pd


def vector_columns(table: pd.DataFrame) -> list[str]:
    """Names of the columns whose first cell is a list."""
    return [name for name in table.columns if table[name].dtype == object and to_list(table[name].iloc[0]) is not None]


def vectors_of(path: Path, name: str, cells: pd.Series[Any]) -> NDArray[np.float64]:
    """The vectors of a column's cells, ``(rows, dim)``.

    Raises:
        UsageError: If a cell is no list of as many numbers as the first; names its row, from 0.
    """
    rows: list[NDArray[np.float64]] = []
    for number, cell in enumerate(cells):
        listed = to_list(cell)
        try:
            vector = np.asarray(listed, np.float64)
        except (TypeError, ValueError, OverflowError):
            vector = np.empty(0)
        if listed is None or vector.ndim != 1 or not len(vector) or (rows and vector.shape != rows[0].shape):
            wanted = f"a list of {len(rows[0])} numbers as in row 0" if rows else "a list of numbers"
            raise UsageError(f"column {name!r} of {path} must hold {wanted}, got {str(cell)[:40]!r} in row {number}.")
        rows.append(vector)
    return np.stack(rows)
