"""The split of vectors made elsewhere, from a file: so that they are scored on exactly the rows that a run was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from embedbench.errors import UsageError, unknown
from embedbench.files.names import split_name
from embedbench.files.tables.table_file import read_table
from embedbench.files.vector_reader import Vectors
from embedbench.types import SPLITS


def with_split(path: Path, vectors: Vectors, split_file: Path) -> Vectors:
    """The vectors of the rows that a file parts, with the split of each.

    Rows are known by their ids where both have any, else by their number in the file of vectors, from 0.

    Args:
        path: Of the vectors.
        vectors: As they were read.
        split_file: A table of columns ``id`` or ``row``, and ``split``, as `embedbench split` writes it.

    Raises:
        UsageError: If the vectors say a split themselves, a column lacks, a row is there twice or isn't among the
            vectors, or a split has another name.
    """
    if vectors.split is not None:
        raise UsageError(f"{path} has a split of its own, and --split_file gives another; leave one of them out.")
    frame = read_table(split_file, ["row", "id", "split"]).frame
    by = "id" if vectors.ids is not None and "id" in frame.columns else "row"
    for name in ("split", by):
        if name not in frame.columns:
            raise unknown(f"column of {split_file}:", name, list(map(str, frame.columns)))
    known = np.arange(len(vectors.z)).astype(str) if by == "row" or vectors.ids is None else vectors.ids
    listed = frame[by].astype(str).str.strip()
    words = np.array([split_name(word) for word in frame["split"].astype(str)], np.str_)
    if strange := sorted(set(words.tolist()) - set(SPLITS)):
        raise UsageError(f"column 'split' of {split_file} must hold train, val or test, got {', '.join(strange[:5])}.")
    if (twice := listed.duplicated()).any():
        raise UsageError(f"{split_file} lists {by} {listed[twice].iloc[0]!r} more than once; list each row once.")
    place = pd.Index(known).get_indexer(pd.Index(listed))
    if (place < 0).any():
        lost = listed[place < 0]
        raise UsageError(
            f"{path} lacks {len(lost)} of the {len(listed)} rows of {split_file}, such as {by} {lost.iloc[0]!r}; give "
            "the vectors of all of them."
        )
    order = np.sort(place)
    found = vectors.taken(order)._replace(split=words[np.argsort(place, kind="stable")])
    rest = len(vectors.z) - len(order)
    said = (f"{rest} of {len(vectors.z)} rows are not in {split_file.name}: left out",) if rest else ()
    return found._replace(notes=(*found.notes, *said))
