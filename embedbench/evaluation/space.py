"""The space that query rows and gallery rows of an embedding share."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import partial
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.cached import Cached
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.word_tests import WordTests
from embedbench.neighbors.graphs import Keep, kept
from embedbench.neighbors.index import Index, Nearest, build_index, choose_index, nearest
from embedbench.neighbors.normaliser import Normaliser, Real, parts
from embedbench.neighbors.precision import Differences, is_fine
from embedbench.neighbors.search import Integers
from embedbench.types import FurtherLabel, Target

Distance = Literal["euclidean", "cosine"]
_NEAREST = "nearest"
_SEARCHED = 32  # neighbours found by one search at least: nearly as fast as fewer, and the next to ask finds them there
_BLOCK = 32_000_000  # numbers of a gallery held at a time where it isn't held as a whole (128 MB)
_PLACED = 4_000_000  # numbers normalised at a time
_FITTED = 100_000  # gallery rows that models of the suite are fitted on at most


class EvaluationSettings(NamedTuple):
    """What a suite fixes for every metric.

    Attributes:
        neighbors: k of the nearest-neighbour probe.
        kmeans_restarts: Starts of one k-means, of which the one with the lowest inertia counts.
        seed: Seed of k-means.
        word_tests: For models with word vectors, if there are some to hand.
        search: How the nearest neighbours are found.
    """

    neighbors: int
    kmeans_restarts: int
    seed: int
    word_tests: WordTests | None = None
    search: Index = "auto"

    def for_gallery(self, n_rows: int) -> EvaluationSettings:
        """The same for a gallery of so many rows, of which no more can be neighbours."""
        return self._replace(neighbors=min(self.neighbors, n_rows))


class Sample(NamedTuple):
    """Gallery rows that models are fitted on.

    Attributes:
        points: ``(rows, dim)``, placed as the gallery's.
        label: ``(rows,)``, or ``(rows, labels)``, if the gallery has labels.
    """

    points: Real
    label: NDArray[Any] | None

    @property
    def known(self) -> NDArray[Any]:
        """The labels, where the caller knows that there are some."""
        return cast("NDArray[Any]", self.label)


class Gallery(Cached):
    """The rows that queries are compared with, and what was fitted on them, shared by all queries.

    Distances are taken between ``points``: the rows (L2-normalised for "cosine"; a row of zeros stays one) as the
    `Normaliser` of the gallery makes them. Nothing here copies all rows, which may lie in a file, but who asks for
    ``points``.

    Args:
        rows: The gallery.
        distance: "euclidean", or "cosine" for Euclidean distance between L2-normalised rows.
        keep: Keeps neighbours, if they are to be.

    Attributes:
        of_points: What follows from the points alone, whatever the labels.
        notes: What a reader of the scores should know of what was fitted on the gallery.
    """

    def __init__(self, rows: Rows, distance: Distance = "euclidean", keep: Keep | None = None) -> None:
        super().__init__()
        self.rows = rows
        self.distance = distance
        self.keep = keep
        self.of_points = Cached()
        self.notes: list[str] = []
        self._normaliser = Normaliser.of(rows.z, self.l2_normalised)
        self._kind = np.float64 if distance == "cosine" or self.is_fine(rows.z) else np.float32

    @property
    def is_one_point(self) -> bool:
        """Whether all rows are equal, so that none is nearer than another."""
        return self.of_points.once("one point", lambda: all((z == self.rows.z[0]).all() for z in self._read()))

    def _read(self) -> Iterator[Real]:
        return (self.rows.z[some] for some in parts(self.shape, _PLACED))

    def pairs(self, query: Rows) -> Differences:
        """For distances by differences, in the unit of ``points``."""
        turned = self.distance == "cosine"
        centre = self._normaliser.scaled(self._normaliser.centre)
        return Differences(
            self.rows.z, query.z, lambda z: self._normaliser.scaled(self.l2_normalised(z)), centre, turned
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions."""
        return len(self.rows), self.rows.dim

    @property
    def points(self) -> Real:
        """All rows, placed, ``(rows, dim)``: a copy, made when first asked for and kept; see ``is_fine``."""
        return self.of_points.once("points", lambda: self.normalise(self.rows.z))

    @property
    def sample(self) -> Sample:
        """Rows to fit a model on: all up to 100,000; of more, that many at random, in their order, which is noted."""
        points, chosen = self.of_points.once("sample", self._drawn)
        label = self.rows.label
        return Sample(points, label if label is None or chosen is None else label[chosen])

    def relabelled(self, by: FurtherLabel) -> Gallery:
        """The same rows with other labels: what follows from the points alone is shared."""
        other = copy(self)
        other._made, other.rows = {}, self.rows.labelled(by)
        return other

    def blocks(self, most: int | None = None) -> Iterator[Real]:
        """The ``points``, in order, some rows at a time: unless there is one already, without a copy of them all.

        Args:
            most: Numbers in a block, 32 million if not given; no more than that many are kept for whoever asks next.
        """
        most = most or _BLOCK
        if self.of_points.made("points") or self.rows.z.size <= most:
            yield self.points
            return
        for some in parts(self.shape, most):
            yield self.normalise(self.rows.z[some])

    def take(self, chosen: Integers) -> Real:
        """The ``points`` of these numbers ``(rows,)``."""
        return self.points[chosen] if self.of_points.made("points") else self.normalise(self.rows.z[chosen])

    def l2_normalised(self, z: Real) -> Real:
        """Rows ``(rows, dim)`` as they are, or L2-normalised for "cosine", in float64."""
        return directions(z) if self.distance == "cosine" else z

    def is_fine(self, z: Real) -> bool:
        """Whether rows are float64, or should become so lest float32 rounds away what tells them apart."""
        return z.dtype == np.float64 or is_fine(z, self._normaliser)

    def normalise(self, z: Real, fine: bool = False) -> Real:
        """Rows as ``points`` ``(rows, dim)``; cut at 2^50 times the gallery's spread.

        Args:
            z: Rows ``(rows, dim)``.
            fine: Whether they become float64 even if the gallery's aren't.
        """
        placed = np.empty(z.shape, np.float64 if fine else self._kind)
        for some in parts(z.shape, _PLACED):
            rows = self.l2_normalised(z[some])
            placed[some] = self._normaliser.normalise(
                rows.astype(np.promote_types(rows.dtype, placed.dtype), copy=False)
            )
        return placed

    def _drawn(self) -> tuple[Real, Integers | None]:
        n_rows = len(self.rows)
        if n_rows <= _FITTED:
            return self.points, None
        self.notes.append(f"k-means and the linear probe are fitted on {_FITTED} random rows of the {n_rows} to search")
        chosen = np.sort(np.random.default_rng(0).choice(n_rows, _FITTED, replace=False))
        return self.take(chosen), chosen


class EmbeddingSpace(Cached):
    """Query rows seen from a gallery of the same embedding: what every metric is a function of.

    Args:
        gallery: The rows to compare with.
        query: The rows to score.
        protocol: Settings of the suite.
        among_queries: Whether the gallery is the query rows, so that none is to be found by itself.

    Attributes:
        of_points: What follows from the points alone, whatever the labels.
        remarks: What else a reader of the scores should know, by what it is about; shared by all seeds.

    Raises:
        UsageError: If the two have different dimensions or kinds of label.
    """

    def __init__(
        self, gallery: Gallery, query: Rows, protocol: EvaluationSettings, *, among_queries: bool = False
    ) -> None:
        super().__init__()
        self.among_queries = among_queries
        rows = gallery.rows
        if rows.dim != query.dim:
            raise UsageError(f"the gallery has {rows.dim} dimensions and the query {query.dim}; embed both alike.")
        if "none" not in (rows.target, query.target) and rows.target != query.target:
            raise UsageError(f"gallery labels are {rows.target} and query labels {query.target}; give both one kind.")
        widths = {one.known.shape[1] for one in (rows, query) if one.target == "multilabel"}
        if len(widths) > 1:
            raise UsageError(
                f"gallery and query have {' and '.join(map(str, sorted(widths)))} labels; give both the same."
            )
        self.gallery = gallery
        self.query = query
        self.protocol = protocol
        self.points = gallery.normalise(query.z, gallery.is_fine(query.z))
        self.remarks: dict[str, str] = {}
        self.of_points = Cached()

    @property
    def query_rows(self) -> Real:
        """Query rows as distances among them are taken: as they were given, or L2-normalised, ``(query rows, dim)``."""
        return self.gallery.l2_normalised(self.query.z)

    @property
    def recall(self) -> float | None:
        """The measured share of nearest neighbours that was found; ``None`` if that is all, or if none were sought."""
        return self._found.recall

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores should know: how the neighbours were found, and what families remark."""
        return [*([] if self._found.note is None else [self._found.note]), *self.remarks.values()]

    @property
    def _found(self) -> Nearest:
        return self.of_points.once(_NEAREST, lambda: Nearest(np.empty((len(self.query), 0), np.int64)))

    def reseeded(self, seed: int) -> EmbeddingSpace:
        """The same space by a protocol with another seed; what was found or made here is known there."""
        other = copy(self)
        other.protocol = self.protocol._replace(seed=seed)
        return other

    def relabelled(self, gallery: Gallery, by: FurtherLabel) -> EmbeddingSpace:
        """The same rows with other labels: what follows from the points alone is shared, the neighbours too.

        Args:
            gallery: This one's, relabelled.
            by: Labels of the query rows.
        """
        other = copy(self)
        other._made, other.remarks = {}, {}
        other.gallery, other.query = gallery, self.query.labelled(by)
        return other

    @property
    def target(self) -> Target:
        """Kind of label that both gallery and query have."""
        return "none" if self.gallery.rows.target == "none" else self.query.target

    def neighbors(self, k: int) -> Integers:
        """Row numbers in the gallery of each query's k nearest, nearest first, int64 ``(query rows, k)``.

        Of equally distant rows the earlier one comes first, in an exact search; see `choose` and `nearest` for when it
        isn't. Searched once; a smaller k is a slice.

        Raises:
            UsageError: If k is not in [1, gallery rows], or if the gallery is too small for the index asked for.
        """
        n_rows = len(self.gallery.rows)
        if not 1 <= k <= n_rows:
            raise UsageError(f"`k` must be in [1, {n_rows}] for {n_rows} gallery rows, got {k}; lower it or add rows.")
        if self._found.rows.shape[1] < k:
            width = min(max(k, self.protocol.neighbors, _SEARCHED), n_rows)
            self.of_points.replace(_NEAREST, self._search(width))
        return self._found.rows[:, :k]

    def _search(self, k: int) -> Nearest:
        gallery = self.gallery
        index = choose_index(self.protocol.search, len(gallery.rows), len(self.query), self.query.dim)
        make = None if index == "flat" else lambda: gallery.of_points.once(index, lambda: build_index(gallery, index))
        settings = f"{k} {index} {gallery.distance}"
        find = partial(nearest, gallery, self.points, k, make, gallery.pairs(self.query))
        return kept(gallery.keep, gallery.rows.z, self.query.z, settings, find)


def directions(z: Real) -> NDArray[np.float64]:
    """Rows over their Euclidean length, float64 ``(rows, dim)``; a row of zeros stays one."""
    wide = z.astype(np.float64)
    largest = np.abs(wide).max(axis=1, keepdims=True)
    wide /= np.where(largest > 0, largest, 1)  # squares neither overflow nor vanish
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(length > 0, length, 1))
