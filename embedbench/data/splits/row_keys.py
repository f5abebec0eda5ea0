"""What the rows of a file are known by and divided by: their numbers and ids, groups and times."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.splits.time_order import times_of
from embedbench.errors import UsageError
from embedbench.files.names import name_of
from embedbench.files.tables.cells import by_value, missing
from embedbench.files.unicode_text import column_name


class RowKeys(NamedTuple):
    """Keys of all rows; ``None`` where nobody gave them.

    Attributes:
        numbers: Of the rows in the user's file, from 0, int64 ``(rows,)``; ``None``: they are 0, 1, 2, …
        ids: As the file has them, each once, text ``(rows,)``.
        groups: Group numbers, int64 ``(rows,)``.
        times: Numbers or datetime64, ``(rows,)``.
        n_file: Rows of the file, of which some may have been left out; ``None``: none have been.
        all_ids: Their ids, ``(n_file,)``.
    """

    numbers: NDArray[np.int64] | None = None
    ids: NDArray[Any] | None = None
    groups: NDArray[np.int64] | None = None
    times: NDArray[Any] | None = None
    n_file: int | None = None
    all_ids: NDArray[Any] | None = None

    def take(self, rows: NDArray[np.int64]) -> RowKeys:
        """Those of some rows."""
        numbers, ids, groups, times = (
            None if key is None else key[rows] for key in (self.numbers, self.ids, self.groups, self.times)
        )
        return RowKeys(numbers, ids, groups, times, self.n_file, self.all_ids)


class KeyColumns(NamedTuple):
    """Names of the columns of a table that rows are known by and divided by.

    Attributes:
        id: Names each row once.
        split_by: Groups.
        split_after: Times.
    """

    id: str | None = None
    split_by: str | None = None
    split_after: str | None = None

    @classmethod
    def of(
        cls,
        id: str | None,
        split_by: str | None,
        split_after: str | None,
        label: str | None = None,
        split: str | None = None,
        test: Path | None = None,
    ) -> KeyColumns:
        """Of names as a user gives them.

        Raises:
            UsageError: If one is that of the label or the split, or if the test rows are given twice.
        """
        if split is not None and test is not None:
            raise UsageError("`split` and `test` both say which rows are tested; give one of them.")
        names = cls(*(None if name is None else column_name(name) for name in (id, split_by, split_after)))
        for argument, name in zip(cls._fields, names, strict=True):
            if name is not None and name == label:
                cure = "for classes that are not trained on, give `disjoint_classes`" if argument == "split_by" else ""
                raise UsageError(f"`{argument}` is the label {name!r}; {cure or 'name another column'}.")
            if name is not None and name == split:
                raise UsageError(f"`{argument}` is the column {name!r} of `split`, too; leave one of them out.")
        return names

    def asked(self) -> dict[str, list[str | None]]:
        """The names by argument."""
        return {argument: [name] for argument, name in zip(self._fields, self, strict=True)}

    @property
    def notes(self) -> tuple[str, ...]:
        """That they are no features, one sentence each."""
        return tuple(
            f"column {name!r} of `{argument}` is no feature"
            for argument, name in zip(self._fields, self, strict=True)
            if name is not None
        )

    def refuse_folder(self) -> None:
        """Refuses columns of a folder.

        Raises:
            UsageError: If there are any.
        """
        for argument, name in zip(self._fields, self, strict=True):
            if name is not None:
                raise UsageError(f"`{argument}` names a column, and a folder has none; leave it out.")


def row_keys(
    columns: pd.DataFrame, whole: pd.DataFrame, names: KeyColumns, *, comma_is_decimal: bool = False
) -> RowKeys:
    """The keys that columns hold.

    Args:
        columns: The rows that are used; the index numbers them in their file.
        whole: All rows of the file.
        names: Of the columns.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

    Raises:
        UsageError: If a value is missing, an id is there twice, or a time can't be read.
    """
    numbers, by, after = columns.index.to_numpy(np.int64), names.split_by, names.split_after
    all_ids = None if names.id is None else unique_names(whole[names.id], "id")
    return RowKeys(
        numbers,
        None if all_ids is None else all_ids[numbers],
        None if by is None else pd.factorize(_names(columns[by], "split_by"))[0].astype(np.int64),
        None if after is None else times_of(columns[after], comma_is_decimal=comma_is_decimal),
        len(whole),
        all_ids,
    )


def unique_names(column: pd.Series[Any], argument: str) -> NDArray[Any]:
    """What each row is called, text ``(rows,)``.

    Raises:
        UsageError: If a value is missing or there twice.
    """
    names = _names(column, argument)
    twice = pd.Series(names).duplicated()
    if twice.any():
        raise UsageError(
            f"column {column.name!r} of `{argument}` names {twice.sum()} rows by a value that others have, such as "
            f"{names[int(twice.to_numpy().argmax())]!r}; name each row once."
        )
    return names


def _names(column: pd.Series[Any], argument: str) -> NDArray[Any]:
    gone = int(missing(column).sum())
    if gone:
        raise UsageError(
            f"column {column.name!r} of `{argument}` has no value in {gone} of {len(column)} rows; fill it in, or "
            "leave these rows out."
        )
    return np.array(by_value(column, name_of), dtype=object)
