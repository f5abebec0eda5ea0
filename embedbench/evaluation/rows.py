"""Rows of an embedding, with what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.given.qrels import Judgements
from embedbench.files.accepted import as_labels, inputs, relations, table
from embedbench.neighbors.normaliser import Floats, Real
from embedbench.types import FurtherLabel, Target

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Integers = NDArray[np.int64]


class WordVectors(NamedTuple):
    """Vectors of single words.

    Attributes:
        words: Each once.
        z: Float32 ``(words, dim)``.
    """

    words: list[str]
    z: Floats


@dataclass(frozen=True, eq=False)
class Rows:
    """Some embedded rows, checked and brought to their types on construction.

    Args:
        z: Embedding, ``(rows, dim)``; becomes float32, or stays float64 if that would round it.
        label: Class numbers (integers or booleans, become int64), a real target (floats, become float64), or none;
            ``(rows,)``. Several labels a row are 0 and 1, ``(rows, labels)`` (become int8).
        index: The row's number in its split, ``(rows,)``; 0, 1, 2, … unless given; becomes int64.
        x: Input space, ``(rows, features)``, likewise; float64 if it is a sparse matrix of scipy's.
        factors: Values of the known factors that made the rows, whole numbers, ``(rows, factors)``; becomes int64.
        scores: What a model says of each row, ``(rows,)``, by the metric family that reads it and by name; becomes
            float64.
        pixels: Numbers in one row's image; ``None`` for rows that are no images.
        words: Of the model that embedded the rows, if it has any.
        relations: Distances of the rows from each other, ``(rows, rows)``, likewise. They are the input space then, in
            place of ``x``.
        clusters: The model's own clusters by number, ``(rows,)``, if it gives any; becomes int64.
        sees_label: Whether the embedding was made of the labels, so that perfect scores say nothing.
        constant: Whether the embedding is one point on purpose.
        judgements: Which gallery rows are relevant for each of these, if that was judged: one at least of every row.
        classes: Names of the classes in the order of their numbers, or of the labels in that of their columns, if they
            are known.
        further: Further columns of labels by name, of as many rows each.

    Raises:
        UsageError: If an array has the wrong number of axes or kind, if lengths differ, if there is no row or no
            dimension, or if a value is NaN or infinite.
    """

    z: Real
    label: NDArray[Any] | None = None
    index: Integers | None = None
    x: Real | csr_array | None = None
    factors: Integers | None = None
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)
    pixels: int | None = None
    words: WordVectors | None = None
    relations: Real | None = None
    clusters: Integers | None = None
    sees_label: bool = False
    constant: bool = False
    judgements: Judgements | None = None
    classes: Sequence[str] = ()
    further: Mapping[str, FurtherLabel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        z = table("z", self.z)
        columns = {
            "label": as_labels(self.label),
            "index": np.arange(len(z)) if self.index is None else np.asarray(self.index, np.int64),
            "x": inputs(self.x),
            "relations": relations(self.relations),
            "factors": None if self.factors is None else np.asarray(self.factors, np.int64),
            "clusters": None if self.clusters is None else np.asarray(self.clusters, np.int64),
        }
        scores = {
            family: {name: np.asarray(values, np.float64) for name, values in found.items()}
            for family, found in self.scores.items()
        }
        said = {f"{family}/{name}": values for family, found in scores.items() for name, values in found.items()}
        further = {f"column {name!r}": one.label for name, one in self.further.items()}
        for name, values in {**columns, **said, **further}.items():
            if values is not None and values.shape[0] != len(z):
                raise UsageError(f"z has {len(z)} rows and {name} has {values.shape[0]}; give as many of each.")
        for name, made in {**columns, "z": z, "scores": scores}.items():
            object.__setattr__(self, name, made)

    def __len__(self) -> int:
        return len(self.z)

    @property
    def dim(self) -> int:
        """Size of the embedding."""
        return int(self.z.shape[1])

    @property
    def target(self) -> Target:
        """Kind of label."""
        if self.label is None:
            return "none"
        if self.label.ndim == 2:
            return "multilabel"
        return "classes" if self.label.dtype.kind == "i" else "real"

    @property
    def known(self) -> NDArray[Any]:
        """The labels, where the caller knows that there are some."""
        return cast("NDArray[Any]", self.label)

    def labelled(self, by: FurtherLabel) -> Rows:
        """The same rows with the values of a further column as label, all of them there."""
        return replace(self, label=by.label, classes=by.classes, further={})

    def class_name(self, number: int) -> str:
        """Name of the class or label with a number; the number itself where names aren't known."""
        return self.classes[number] if self.classes else str(number)
