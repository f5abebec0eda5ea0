"""What differs when rows are read for a run that has been fitted: nothing is learned of them, and nothing left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.labels.further_columns import Further, FurtherColumns, read_further
from embedbench.data.labels.label_numbers import Task, encode_label, label_notes
from embedbench.data.labels.several_labels import are_several, encode_sets, separator_hint
from embedbench.data.preprocessing import Preprocessing
from embedbench.data.splits.row_keys import KeyColumns, RowKeys, row_keys
from embedbench.data.tables.column_codes import Columns
from embedbench.data.tables.roles import split_column
from embedbench.errors import UsageError
from embedbench.types import FurtherLabel

if TYPE_CHECKING:
    from embedbench.text.tokenizer_spec import TokenizerSpec

Served = TypeVar("Served", bound="Rereading")


class Rereading:
    """What the readers of data sets ask, so that they serve runs to be fitted and finished ones alike.

    Attributes:
        known: What a run keeps of its data, if these rows are to be read as the run read its own: then nothing is
            fitted to them. To be set before first access; that of the run that ``reader`` names unless given.
        is_whole: Whether all rows are served in the order of the file, and not cut into splits.
        carried: A column that is to be written beside the embeddings, as it stands in the file.
    """

    def __init__(self) -> None:
        self.known: Preprocessing | None = None
        self.is_whole = False
        self.carried: str | None = None

    def read_by(self: Served, reader: TokenizerSpec | str | None) -> Served:
        """The same rows, loaded once, as another model reads them."""
        one: Any = self  # the data set that this is a part of
        same = copy(one)
        same.reader = reader
        same.__dict__ |= {"_loaded": one._loaded}
        for name in ("_read", "fingerprint"):
            same.__dict__.pop(name, None)
        return cast("Served", same)

    def labelled(
        self,
        values: pd.Series[Any] | None,
        task: Task,
        *,
        comma_is_decimal: bool = False,
        separator: str | None = None,
    ) -> tuple[NDArray[Any] | None, tuple[str, ...], tuple[str, ...]]:
        """Labels of all rows as ``Source`` has them, the names of classes, and what is to be said of them.

        Those of a finished run's rows are numbered as its own are.

        Args:
            values: As the file has them, ``(rows,)``, missing ones only with ``known``; ``None`` if it has none.
            task: What they are taken for, if nothing is known.
            comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
            separator: That splits texts of several labels each.

        Raises:
            UsageError: If they can't be used.
        """
        if self.known is not None and self.known.labels is not None:
            label, said = self.known.labels.numbers(values, comma_is_decimal=comma_is_decimal, separator=separator)
            return label, self.known.labels.classes, said
        if values is None:
            return None, (), ()
        if are_several(values, separator):
            if task == "regression":
                raise UsageError("the label holds several labels a row, which are no real target; leave task out.")
            return encode_sets(values, separator)
        label, classes = encode_label(values, task, comma_is_decimal=comma_is_decimal)
        return label, classes, (*label_notes(values, classes), *separator_hint(values))

    def classed(self, names: Sequence[str]) -> tuple[NDArray[Any] | None, tuple[str, ...], tuple[str, ...]]:
        """As ``labelled``, of rows whose folder says their class; none of no class."""
        return self.labelled(pd.Series(names, dtype=object) if any(names) else None, "classification")

    def official(self, values: pd.Series[Any] | None) -> NDArray[np.str_] | None:
        """The split of each row as ``Source`` has it; ``None`` where rows aren't cut, so that nobody needs a train row.

        Args:
            values: As the file has them, ``(rows,)``; ``None`` if it has none.

        Raises:
            UsageError: If they aren't splits.
        """
        return None if values is None or self.is_whole else split_column(values)

    def keys(
        self, frame: pd.DataFrame, whole: pd.DataFrame, names: KeyColumns, *, comma_is_decimal: bool = False
    ) -> RowKeys:
        """What rows are known by and divided by as ``Source`` has it; nothing where rows aren't cut.

        Args:
            frame: The rows that are used; the index numbers them in their file.
            whole: All rows of the file.
            names: Of the columns.
            comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

        Raises:
            UsageError: If a key can't be used.
        """
        return RowKeys() if self.is_whole else row_keys(frame, whole, names, comma_is_decimal=comma_is_decimal)

    def set_aside(
        self,
        frame: pd.DataFrame,
        names: FurtherColumns,
        label: NDArray[Any] | None,
        classes: tuple[str, ...],
        *,
        kinds: Mapping[str, str] | None = None,
        comma_is_decimal: bool = False,
    ) -> Further:
        """The columns that are set aside, as far as rows of a finished run have them; none where rows aren't scored.

        Args:
            frame: The rows that are used.
            names: Of the columns.
            label: Of the rows.
            classes: Names of its classes.
            kinds: Of the columns, as `read_further` takes them.
            comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

        Raises:
            UsageError: If one can't be used.
        """
        if self.known is not None:
            names = FurtherColumns() if self.is_whole else names.among(frame.columns)
            names = names if label is not None else names._replace(levels=())
        known = None if label is None else FurtherLabel(label, classes)
        return read_further(frame, names, known, kinds=kinds, comma_is_decimal=comma_is_decimal)

    def there(self, frame: pd.DataFrame, *names: str | None) -> list[str | None]:
        """The names of the columns to look at: with ``known``, ``None`` for those that the rows come without."""
        return [name if self.known is None or name in frame.columns else None for name in names]

    def as_written(self, *named: str | None) -> list[str]:
        """The columns that are read as written: those that are asked for by name, and those that a run knows."""
        known = self.known.encode.columns if self.known and isinstance(self.known.encode, Columns) else []
        names = [*named, *(column.name for column in known), self.carried]
        return [name for name in names if name is not None]

    def beside(self, columns: pd.DataFrame | Mapping[str, Any]) -> dict[str, Any]:
        """Columns that may be written beside the embeddings of a finished run, as ``Source`` has them."""
        return {str(name): values for name, values in columns.items()} if self.known else {}

    @property
    def any_label(self) -> bool:
        """Whether rows without a label are rows too, as those of a finished run are."""
        return self.known is not None and self.known.labels is not None
