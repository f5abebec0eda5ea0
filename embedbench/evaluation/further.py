"""Further columns of labels: the same embedding, scored by each of them as by a label of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Family, Linearised, Values
from embedbench.evaluation.rows import Integers, Rows
from embedbench.evaluation.space import EmbeddingSpace, Gallery
from embedbench.types import FurtherLabel

_T = TypeVar("_T")
LEVELS = ("probe", "retrieval", "clustering")  # families that score levels of a hierarchy
_COLUMNS = ("probe",)  # other columns


class FurtherSpace(NamedTuple):
    """The rows that have a value in a further column.

    Attributes:
        column: Its name.
        by: Its values, of all query rows.
        space: Of the rows that have one, with it as their label.
        rows: Which of the query rows these are, ``(rows,)``.
    """

    column: str
    by: FurtherLabel
    space: EmbeddingSpace
    rows: Integers


class Returned(NamedTuple):
    """What metric families returned for one column of labels.

    Attributes:
        values: By plain name of the metric.
        column: The further column; empty of the label itself.
        rows: Which of the query rows it is of; ``None`` for all.
    """

    values: Values
    column: str = ""
    rows: Integers | None = None

    def named(self, values: Mapping[str, _T]) -> dict[str, _T]:
        """Values by plain name under the names that tell the column."""
        return {named(name, self.column): value for name, value in values.items()}

    @property
    def by_query(self) -> dict[str, NDArray[Any]]:
        """Of metrics that are means over query rows the values of these."""
        return {name: row_values(value) for name, value in self.values.items() if not isinstance(value, float)}

    def of_all(self, n_query: int) -> dict[str, NDArray[np.float32]]:
        """The same of all query rows: NaN of one without a value in the column."""
        found = self.named({name: value.astype(np.float32) for name, value in self.by_query.items()})
        return found if self.rows is None else {name: _spread(one, self.rows, n_query) for name, one in found.items()}


def named(name: str, column: str) -> str:
    """The name of a metric of a further column; as it is of the label itself.

    >>> named("probe/linear_r2", "income"), named("probe/linear_r2", "")
    ('probe/linear_r2:income', 'probe/linear_r2')
    """
    return f"{name}:{column}" if column else name


def means(parts: Iterable[Returned]) -> dict[str, float]:
    """The metrics of all parts."""
    return {
        named(name, part.column): float(np.mean(value, dtype=np.float64))
        for part in parts
        for name, value in part.values.items()
    }


def row_values(value: float | NDArray[Any] | Linearised) -> NDArray[Any]:
    """What a family returned, as an array: one value a query row, or one of all."""
    return np.asarray(value.values if isinstance(value, Linearised) else value)


def scorers(families: Iterable[Family], further: FurtherLabel) -> list[Family]:
    """Those that score a further column: probes; of a level of a hierarchy those of a label's classes."""
    names = LEVELS if further.height else _COLUMNS
    return [family for family in families if family.name in names and family.fits(further.target)]


def spaces_by(space: EmbeddingSpace) -> Iterator[FurtherSpace]:
    """A space for each further column of gallery and query, without the rows that have no value in it.

    Columns that have values in the same rows share these and their neighbours, those without gaps the space's own. A
    column that no gallery row or no query row has a value in has none.
    """
    for column, known in space.gallery.rows.further.items():
        asked = space.query.further[column]
        there, rows = np.flatnonzero(known.there), np.flatnonzero(asked.there)
        if len(there) and len(rows):
            some = _some_rows(space, there, rows)
            make = partial(some.gallery.relabelled, known.take(there))
            gallery = some.gallery.once(("further column", column), make)
            yield FurtherSpace(column, asked, some.relabelled(gallery, asked.take(rows)), rows)


def _some_rows(space: EmbeddingSpace, gallery: Integers, query: Integers) -> EmbeddingSpace:
    """Some rows of both, searched once; the space itself if these are all."""
    held = space.gallery
    if len(gallery) == len(held.rows) and len(query) == len(space.query):
        return space
    make = partial(Gallery, _taken(held.rows, gallery), held.distance, held.keep)
    some = held.of_points.once(("rows", gallery.tobytes()), make)
    protocol = space.protocol.for_gallery(len(gallery))
    return space.of_points.once(
        ("rows", gallery.tobytes(), query.tobytes()),
        lambda: EmbeddingSpace(some, _taken(space.query, query), protocol),
    )


def _taken(rows: Rows, chosen: Integers) -> Rows:
    """Some rows, with all that families for further columns look at."""
    index, clusters = (None if one is None else one[chosen] for one in (rows.index, rows.clusters))
    return Rows(rows.z[chosen], index=index, clusters=clusters, sees_label=rows.sees_label, constant=rows.constant)


def _spread(values: NDArray[np.float32], rows: Integers, n_query: int) -> NDArray[np.float32]:
    whole = np.full(n_query, np.nan, np.float32)
    whole[rows] = values
    return whole
