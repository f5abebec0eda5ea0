"""What a file or a folder holds, found out in a moment, whatever it is."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from embedbench.data.look.look_at_anndata import look_at_anndata
from embedbench.data.look.look_at_arrays import look_at_arrays
from embedbench.data.look.look_at_folder import look_at_folder
from embedbench.data.look.look_at_table import look_at_table
from embedbench.data.look.seen import Look, check_there
from embedbench.files.tables.h5ad import ENDING


def look(path: Path, *, named: Collection[str] = ()) -> Look:
    """What a file or a folder holds; of a large file, by its first rows.

    Args:
        path: A table (CSV and its kin, JSON Lines, Parquet, Arrow), a numpy file, AnnData, or a folder of images
            or of texts.
        named: Columns that somebody has named for a role: they are read as written, and no hint is given for them.

    Raises:
        UsageError: If there is no such path, or it can't be read as any of these; says how to mend it.
    """
    check_there(path)
    if path.is_dir():
        return look_at_folder(path)
    if path.suffix.lower() == ENDING:
        return look_at_anndata(path)
    if path.suffix.lower() in (".npy", ".npz"):
        return look_at_arrays(path)
    return look_at_table(path, named)
