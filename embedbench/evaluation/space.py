"""Rows of an embedding, and the space that query rows and gallery rows share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation import neighbors
from embedbench.evaluation.checks import labels, table
from embedbench.evaluation.word_tests import WordTests
from embedbench.types import Target

Distance = Literal["euclidean", "cosine"]
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
_T = TypeVar("_T")
_SEARCHED = 32  # neighbours found by one search at least: nearly as fast as fewer, and the next to ask finds them there
_FAR = np.float32(2.0**50)  # a float32 can't tell gallery rows apart from further off; the square still fits


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
        x: Input space, ``(rows, features)``; becomes float32.
        factors: Values of the known factors that made the rows, whole numbers, ``(rows, factors)``; becomes int64.
        scores: What a model says of each row, ``(rows,)``, by the metric family that reads it and by name; becomes
            float64.
        pixels: Numbers in one row's image; ``None`` for rows that are no images.
        words: Of the model that embedded the rows, if it has any.
        clusters: The model's own clusters by number, ``(rows,)``, if it gives any; becomes int64.

    Raises:
        UsageError: If an array has the wrong number of axes or kind, if lengths differ, if there is no row or no
            dimension, or if a value is NaN or infinite.
    """

    z: Floats
    label: NDArray[Any] | None = None
    index: Integers | None = None
    x: Floats | None = None
    factors: Integers | None = None
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)
    pixels: int | None = None
    words: WordVectors | None = None
    clusters: Integers | None = None

    def __post_init__(self) -> None:
        z = table("z", self.z)
        columns = {
            "label": labels(self.label),
            "index": np.arange(len(z)) if self.index is None else np.asarray(self.index, np.int64),
            "x": None if self.x is None else table("x", self.x),
            "factors": None if self.factors is None else np.asarray(self.factors, np.int64),
            "clusters": None if self.clusters is None else np.asarray(self.clusters, np.int64),
        }
        scores = {
            family: {name: np.asarray(values, np.float64) for name, values in found.items()}
            for family, found in self.scores.items()
        }
        said = {f"{family}/{name}": values for family, found in scores.items() for name, values in found.items()}
        for name, values in {**columns, **said}.items():
            if values is not None and len(values) != len(z):
                raise UsageError(f"z has {len(z)} rows and {name} has {len(values)}; give as many of each.")
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


class Gallery:
    """The rows that queries are compared with, and what was fitted on them, shared by all queries.

    Distances are taken between ``points``: the rows (L2-normalised for "cosine"; a row of zeros stays one) less a
    centre near their mean, over a scale near their spread. A large offset or scale therefore costs no precision. Both
    are rounded to a power of two or a multiple of it, so that rows of whole numbers keep exact distances and ties.

    Args:
        rows: The gallery.
        distance: "euclidean", or "cosine" for Euclidean distance between L2-normalised rows.
    """

    def __init__(self, rows: Rows, distance: Distance = "euclidean") -> None:
        self.rows = rows
        self.distance = distance
        z = self._direct(rows.z)
        mean = z.mean(axis=0, dtype=np.float64)
        with np.errstate(over="ignore"):  # what overflows is cut in `place`
            spread = float(np.abs(z - mean.astype(np.float32)).mean(axis=0, dtype=np.float64).max())
        usable = 0.0 < spread < np.inf
        self._exponent = max(int(np.floor(np.log2(spread))), -126) if usable else 0
        step = 2.0**self._exponent
        self._centre = (np.rint(mean / step) * step).astype(np.float32) if usable else mean.astype(np.float32)
        self.points = self.place(rows.z)
        self._made: dict[Hashable, Any] = {}

    def place(self, z: Floats) -> Floats:
        """Rows as ``points``, float32 ``(rows, dim)``; cut at 2^50 times the gallery's spread."""
        with np.errstate(over="ignore"):
            points = np.ldexp(self._direct(z) - self._centre, -self._exponent)
        return np.ascontiguousarray(np.clip(points, -_FAR, _FAR), np.float32)

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What ``make`` returned at the first call with this key."""
        if key not in self._made:
            self._made[key] = make()
        return cast("_T", self._made[key])

    def _direct(self, z: Floats) -> Floats:
        return directions(z) if self.distance == "cosine" else z


class EmbeddingSpace:
    """Query rows seen from a gallery of the same embedding: what every metric is a function of.

    Args:
        gallery: The rows to compare with.
        query: The rows to score.
        protocol: Settings of the suite.

    Raises:
        UsageError: If the two have different dimensions or kinds of label.
    """

    def __init__(self, gallery: Gallery, query: Rows, protocol: Protocol) -> None:
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
