"""Train and test rows that lie in two files of the same columns."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.tables.table_file import TableFile, read_table


def read_two(train: Path, test: Path | None, named: Collection[str]) -> tuple[TableFile, pd.Series[Any] | None]:
    """The rows of both files, those of train first, and "train" or "test" of each; ``None`` of a single file.

    Args:
        train: The file of train rows, or of all.
        test: The file of test rows, if it is another.
        named: Columns that are read as written, as `read_table` says.

    Raises:
        UsageError: If the files have other columns, or one separates them as decimal commas suggest and one doesn't.
    """
    one = read_table(train, named)
    if test is None:
        return one, None
    other = read_table(test, named)
    for having, path, lacking in ((one.frame, test, other.frame), (other.frame, train, one.frame)):
        missing = [name for name in having.columns if name not in lacking.columns]
        if missing:
            listed = ", ".join(map(repr, missing[:5]))
            raise UsageError(f"{path} lacks the columns {listed} of the other file; both must have the same columns.")
    if one.comma_is_decimal != other.comma_is_decimal:
        raise UsageError(f"{train} and {test} separate their columns differently; write both alike.")
    frame: pd.DataFrame = pd.concat([one.frame, other.frame[one.frame.columns]], ignore_index=True)
    parts: pd.Series[Any] = pd.Series(["train"] * len(one.frame) + ["test"] * len(other.frame), name="test")
    said = (*one.notes, *(f"{test.name}: {note}" for note in other.notes if note not in one.notes))
    return TableFile(frame, said, one.comma_is_decimal), parts
