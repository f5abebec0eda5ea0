"""Rows of an embedding, and the space that query rows and gallery rows share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation import neighbors
from embedbench.evaluation.checks import inputs, labels, relations, table
from embedbench.evaluation.frame import Floats, Frame
from embedbench.evaluation.word_tests import WordTests
from embedbench.types import Target

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Distance = Literal["euclidean", "cosine"]
Integers = NDArray[np.int64]
_T = TypeVar("_T")
_SEARCHED = 32  # neighbours found by one search at least: nearly as fast as fewer, and the next to ask finds them there


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
        z: Embedding, ``(rows, dim)``; becomes float32.
        label: Class numbers (integers or booleans, become int64), a real target (floats, become float64), or none;
            ``(rows,)``.
        index: The row's number in its split, ``(rows,)``; 0, 1, 2, … unless given; becomes int64.
        x: Input space, ``(rows, features)``; becomes float32, or float64 if it is a sparse matrix of scipy's.
        factors: Values of the known factors that made the rows, whole numbers, ``(rows, factors)``; becomes int64.
        scores: What a model says of each row, ``(rows,)``, by the metric family that reads it and by name; becomes
            float64.
        pixels: Numbers in one row's image; ``None`` for rows that are no images.
        words: Of the model that embedded the rows, if it has any.
        relations: Distances of the rows from each other, ``(rows, rows)``; becomes float32. They are the input space
            then, in place of ``x``.
        clusters: The model's own clusters by number, ``(rows,)``, if it gives any; becomes int64.

    Raises:
        UsageError: If an array has the wrong number of axes or kind, if lengths differ, if there is no row or no
            dimension, or if a value is NaN or infinite.
    """

    z: Floats
    label: NDArray[Any] | None = None
    index: Integers | None = None
    x: Floats | csr_array | None = None
    factors: Integers | None = None
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)
    pixels: int | None = None
    words: WordVectors | None = None
    relations: Floats | None = None
    clusters: Integers | None = None

    def __post_init__(self) -> None:
        z = table("z", self.z)
        columns = {
            "label": labels(self.label),
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
        for name, values in {**columns, **said}.items():
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
        return "classes" if self.label.dtype.kind == "i" else "real"

    @property
    def known(self) -> NDArray[Any]:
        """The labels, where the caller knows that there are some."""
        return cast("NDArray[Any]", self.label)


class Protocol(NamedTuple):
    """What a suite fixes for every metric.

    Attributes:
        neighbors: k of the nearest-neighbour probe.
        kmeans_restarts: Starts of one k-means, of which the one with the lowest inertia counts.
        seed: Seed of k-means.
        word_tests: For models with word vectors, if there are some to hand.
    """

    neighbors: int
    kmeans_restarts: int
    seed: int
    word_tests: WordTests | None = None


class Once:
    """Keeps what was made, by key."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def made(self, key: Hashable) -> bool:
        """Whether there is something with this key."""
        return key in self._made

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What ``make`` returned at the first call with this key."""
        if key not in self._made:
            self._made[key] = make()
        return cast("_T", self._made[key])


class Gallery(Once):
    """The rows that queries are compared with, and what was fitted on them, shared by all queries.

    Distances are taken between ``points``: the rows (L2-normalised for "cosine"; a row of zeros stays one) in the frame
    of the gallery, see `Frame`.

    Args:
        rows: The gallery.
        distance: "euclidean", or "cosine" for Euclidean distance between L2-normalised rows.
    """

    def __init__(self, rows: Rows, distance: Distance = "euclidean") -> None:
        super().__init__()
        self.rows = rows
        self.distance = distance
        direct = self.direct(rows.z)
        self._frame = Frame.of(direct)
        self.points = self._frame.place(direct)

    def direct(self, z: Floats) -> Floats:
        """Rows ``(rows, dim)`` as they are, or L2-normalised for "cosine"."""
        return directions(z) if self.distance == "cosine" else z

    def place(self, z: Floats) -> Floats:
        """Rows as ``points``, float32 ``(rows, dim)``; cut at 2^50 times the gallery's spread."""
        return self._frame.place(self.direct(z))


class EmbeddingSpace(Once):
    """Query rows seen from a gallery of the same embedding: what every metric is a function of.

    Args:
        gallery: The rows to compare with.
        query: The rows to score.
        protocol: Settings of the suite.

    Raises:
        UsageError: If the two have different dimensions or kinds of label.
    """

    def __init__(self, gallery: Gallery, query: Rows, protocol: Protocol) -> None:
        super().__init__()
        rows = gallery.rows
        if rows.dim != query.dim:
            raise UsageError(f"the gallery has {rows.dim} dimensions and the query {query.dim}; embed both alike.")
        if "none" not in (rows.target, query.target) and rows.target != query.target:
            raise UsageError(f"gallery labels are {rows.target} and query labels {query.target}; give both one kind.")
        self.gallery = gallery
        self.query = query
        self.protocol = protocol
        self.points = gallery.place(query.z)
        self._found: Integers = np.empty((len(query), 0), np.int64)

    def reseeded(self, seed: int) -> EmbeddingSpace:
        """The same space by a protocol with another seed; what was found or made here is known there."""
        other = copy(self)
        other.protocol = self.protocol._replace(seed=seed)
        return other

    @property
    def target(self) -> Target:
        """Kind of label that both gallery and query have."""
        return "none" if self.gallery.rows.target == "none" else self.query.target

    def neighbors(self, k: int) -> Integers:
        """Row numbers in the gallery of each query's k nearest, nearest first, int64 ``(query rows, k)``.

        Of equally distant rows the earlier one comes first. Searched once; a smaller k is a slice.

        Raises:
            UsageError: If k is not in [1, gallery rows].
        """
        n_rows = len(self.gallery.rows)
        if not 1 <= k <= n_rows:
            raise UsageError(f"`k` must be in [1, {n_rows}] for {n_rows} gallery rows, got {k}; lower it or add rows.")
        if self._found.shape[1] < k:
            width = min(max(k, self.protocol.neighbors, _SEARCHED), n_rows)
            self._found = neighbors.search(self.gallery.points, self.points, width)
        return self._found[:, :k]


def directions(z: Floats) -> Floats:
    """Rows over their Euclidean length, float32 ``(rows, dim)``; a row of zeros stays one."""
    largest = np.abs(z).max(axis=1, keepdims=True)
    scaled = z / np.where(largest > 0, largest, 1)  # squares neither overflow nor vanish
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    return cast("Floats", scaled / np.where(length > 0, length, 1))
