"""The one protocol by which every embedding is scored."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.arguments.checked import Checked
from embedbench.arguments.hints import NonNegativeInt, PositiveInt
from embedbench.errors import UsageError, unknown
from embedbench.evaluation import suspicion
from embedbench.evaluation.by_class import by_class
from embedbench.evaluation.metrics.base import Family, Linearised, Values, discover
from embedbench.evaluation.rows import Integers, Rows
from embedbench.evaluation.space import Distance, EmbeddingSpace, EvaluationSettings, Gallery
from embedbench.evaluation.uncertainty import uncertainties
from embedbench.evaluation.word_tests import read_tests
from embedbench.neighbors.graphs import Keep
from embedbench.neighbors.index import Index, choose_index
from embedbench.types import Measure, Target

_SPREAD = Measure(0, math.inf, "none")


@dataclass(frozen=True, eq=False)
class Assessment:
    """How the query rows of one split score.

    Attributes:
        metrics: Values by name, finite.
        queries: Of each metric that is a mean over query rows, what it is the mean of: float32 ``(query rows,)``. Of
            some that are none, as balanced accuracy, values that have it as mean and its error as standard error.
        uncertainty: Of the same metrics, ``se``, ``low`` and ``high``; see `uncertainties`.
        index: Number of each query row in its split, int64 ``(query rows,)``.
        notes: What a reader of the numbers should know: which of them are approximate, how, and how well.
        classes: By name of each class of the query, its ``rows`` and the means over them of every metric that is a mean
            over query rows; those of the probes' accuracies are the recall of the class. Of several labels a row the
            same by name of each label, of all rows that have it. Empty without either.
    """

    metrics: dict[str, float]
    queries: dict[str, NDArray[np.float32]]
    uncertainty: dict[str, dict[str, float]]
    index: Integers
    notes: list[str] = field(default_factory=list)
    classes: dict[str, dict[str, float]] = field(default_factory=dict)


class Suite(Checked):
    """Scores query rows against a gallery by every metric family, or by those named.

    Args:
        metrics: Names of families ("clustering") or of single metrics ("clustering/nmi"); all unless given.
        distance: "euclidean", or "cosine", for which rows are L2-normalised first.
        neighbors: k of the nearest-neighbour probe, at least 1; all gallery rows, if there are fewer.
        index: How nearest neighbours are found: "flat", exactly; "ivf" or "hnsw", by faiss' inverted lists or graph,
            with measured recall; "auto", exactly unless gallery rows × query rows × dimensions is over 10^12 and the
            gallery over 200,000 rows (and faiss has no GPU), then by inverted lists. Retrieval is always exact.
        kmeans_restarts: Starts of one k-means, of which the best by inertia counts, at least 1.
        kmeans_seeds: How many seeds k-means is repeated with (seed, seed + 1, …), at least 1. With more than one, each
            clustering metric is the mean over them, and its standard deviation (n - 1) is reported as ``<name>_sd``;
            errors of sampling have none.
        importance_samples: K of a generative model's log-likelihood, at least 1; exact ones need none.
        word_tests: Folder of wordsim353.tsv, simlex999.txt and questions-words.txt, by which word vectors are scored;
            gensim has them in its folder test/test_data.
        seed: Seed of k-means, of those samples and of the bootstrap, in [0, 2^31 - 1 - kmeans_seeds].

    Attributes:
        keep: Keeps neighbours that were long searched for, and gives them where they would be searched again; nothing
            is kept unless it is set. See `evaluation.graphs.kept`.

    Raises:
        UsageError: If a value is out of its range or a metric is unknown.
    """

    def __init__(
        self,
        metrics: list[str] | None = None,
        distance: Distance = "euclidean",
        neighbors: PositiveInt = 20,
        index: Index = "auto",
        kmeans_restarts: PositiveInt = 10,
        kmeans_seeds: PositiveInt = 1,
        importance_samples: PositiveInt = 100,
        word_tests: Path | None = None,
        seed: NonNegativeInt = 0,
    ) -> None:
        if seed > 2**31 - 1 - kmeans_seeds:
            raise UsageError(f"`seed` must be in [0, {2**31 - 1 - kmeans_seeds}], got {seed}; choose one in there.")
        self.distance = distance
        self.kmeans_seeds, self.importance_samples = kmeans_seeds, importance_samples
        tests = None if word_tests is None else read_tests(Path(word_tests))
        self.protocol = EvaluationSettings(neighbors, kmeans_restarts, seed, tests, index)
        self.keep: Keep | None = None
        self._families = discover()
        self._wanted = self._chosen(metrics)

    def measures(self) -> dict[str, Measure]:
        """Range and direction of every metric that this suite may report, whatever the labels."""
        found: dict[str, Measure] = {}
        for family in self._families:
            named = {f"{family.name}/{name}": measure for name, measure in family.measures.items()}
            kept = {name: measure for name, measure in named.items() if name in self._wanted}
            found |= kept
            if self._repeated(family):
                found |= {f"{name}_sd": _SPREAD for name in kept if not name.endswith("_se")}
        return found

    def wants(self, family: str) -> bool:
        """Whether a metric of this family is to be reported."""
        return any(name.partition("/")[0] == family for name in self._wanted)

    def check(self, n_rows: Mapping[str, int], target: Target, n_classes: int) -> None:
        """Refuses data that can't be scored, before anything is trained.

        Args:
            n_rows: Rows of each split; "train" is the gallery.
            target: Kind of label.
            n_classes: Number of classes, if the target is "classes".

        Raises:
            UsageError: If the gallery has fewer rows than the `index` asked for needs, if there is a single class, or
                if all wanted metrics need another kind of label.
        """
        choose_index(self.protocol.search, n_rows["train"], 0, 0)
        families = self._fitting(target)
        if not families:
            wanted = ", ".join(sorted(self._wanted))
            raise UsageError(f"none of the metrics {wanted} can be had with labels of kind {target!r}; name others.")
        if n_classes < 2 and any(family.needs == "classes" for family in families):
            raise UsageError(
                f"class labels must name at least 2 classes, got {n_classes}; add a class or drop the label."
            )

    def score(self, gallery: Rows, queries: Mapping[str, Rows]) -> dict[str, dict[str, float]]:
        """The metrics of each query split, all finite; those without the labels they need, or undefined, are left out.

        Which of them are approximate, if any, is among the notes of `assess`.

        Args:
            gallery: Rows to compare with (the train split).
            queries: Rows to score, by split; what is fitted on the gallery is fitted once for all.

        Raises:
            UsageError: As `check` does, or if gallery and query differ in dimension or kind of label.
        """
        return {split: _means(values) for split, (values, _) in self._values(gallery, queries).items()}

    def assess(self, gallery: Rows, queries: Mapping[str, Rows]) -> dict[str, Assessment]:
        """The same metrics as `score` gives, with the values of single query rows and the uncertainty of their means.

        Raises:
            UsageError: As `score` does.
        """
        found: dict[str, Assessment] = {}
        for split, (values, notes) in self._values(gallery, queries).items():
            plain = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
            by_query = {name: _of_rows(value) for name, value in values.items() if not isinstance(value, float)}
            kept = {name: value.astype(np.float32) for name, value in by_query.items()}
            uncertainty = self._within(uncertainties(by_query, self.protocol.seed))
            index = cast("Integers", queries[split].index)
            classes = by_class(queries[split], plain)
            found[split] = Assessment(_means(values), kept, uncertainty, index, notes, classes)
        return found

    def _within(self, uncertainty: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        """Intervals cut at the ends of what their metric can be, which those of `Linearised` values may pass."""
        measures = self.measures()
        for name, one in uncertainty.items():
            least, most = measures[name].low, measures[name].high
            one["low"], one["high"] = max(one["low"], least), min(one["high"], most)
        return uncertainty

    def _values(self, gallery: Rows, queries: Mapping[str, Rows]) -> dict[str, tuple[Values, list[str]]]:
        """What the families return for each query split, and notes."""
        held = Gallery(gallery, self.distance, self.keep)
        n_classes = len(np.unique(gallery.known)) if gallery.target == "classes" else 0
        doubts = suspicion.of_gallery(gallery)
        found: dict[str, tuple[Values, list[str]]] = {}
        for split, query in queries.items():
            space = EmbeddingSpace(held, query, self._settings(len(gallery)))
            self.check({"train": len(gallery)}, space.target, n_classes)
            among = self._among_queries(space)
            values = self._of_space(space, among)
            doubted = suspicion.of_query(among or space, values)
            said = [*space.notes, *(among.notes if among else []), *doubted]
            found[split] = (
                values,
                [*held.notes, *self._shrunk(len(gallery)), *doubts, *(f"{split}: {note}" for note in said)],
            )
        return found

    def _among_queries(self, space: EmbeddingSpace) -> EmbeddingSpace | None:
        """The query rows searched among themselves, if they have two classes or more, of which the gallery has none."""
        query, gallery = space.query, space.gallery.rows
        n_classes = len(np.unique(query.known)) if space.target == "classes" else 0
        if n_classes < 2 or np.isin(query.known, gallery.known).any():
            return None
        among = EmbeddingSpace(Gallery(query, self.distance), query, self._settings(len(query)), among_queries=True)
        among.remarks["classes"] = (
            f"none of the {n_classes} classes is in the gallery: rows are retrieved, and k-means is fitted, among the "
            "query rows, each without itself; probes, which learn the gallery's classes, are left out; if the classes "
            "are the same, name them alike"
        )
        return among

    def _settings(self, gallery: int) -> EvaluationSettings:
        """The protocol for a gallery of so many rows."""
        return self.protocol._replace(neighbors=min(self.protocol.neighbors, gallery))

    def _shrunk(self, gallery: int) -> list[str]:
        k = self.protocol.neighbors
        few = f"the nearest-neighbour probe has k = {gallery} in place of {k}, for the gallery has {gallery} rows"
        return [few] if k > gallery and self.wants("probe") else []

    def _of_space(
        self, space: EmbeddingSpace, among: EmbeddingSpace | None
    ) -> dict[str, float | NDArray[Any] | Linearised]:
        """What the families return: those that need classes look among the query rows, if these are to be."""
        values: dict[str, float | NDArray[Any] | Linearised] = {}
        for family in self._fitting(space.target):
            if among is not None and family.held_out:
                continue
            seen = space if among is None or family.needs != "classes" else among
            found = self._repeat(family, seen) if self._repeated(family) else family.compute(seen)
            values |= {f"{family.name}/{name}": value for name, value in found.items()}
        declared = self.measures()
        kept = {name: value for name, value in values.items() if name in declared}
        for name, value in kept.items():
            shape = np.shape(_of_rows(value))
            if shape not in ((), (len(space.query),)):
                raise ValueError(f"{name} has shape {shape}: its family has to give one value a query row.")
            if not np.isfinite(value).all():
                raise ArithmeticError(f"{name} is {np.mean(value)}: its family has to leave it out or define it.")
        return kept

    def _repeat(self, family: Family, space: EmbeddingSpace) -> dict[str, float]:
        """Means and standard deviations over seeds, of what is defined for each."""
        first = self.protocol.seed
        found = [family(space.reseeded(seed)) for seed in range(first, first + self.kmeans_seeds)]
        values = {name: [one[name] for one in found] for name in found[0] if all(name in one for one in found)}
        spread = {f"{name}_sd": float(np.std(each, ddof=1)) for name, each in values.items()}
        return {name: float(np.mean(each)) for name, each in values.items()} | spread

    def _repeated(self, family: Family) -> bool:
        return family.seeded and self.kmeans_seeds > 1

    def _fitting(self, target: Target) -> list[Family]:
        """The families that have a wanted metric and the labels they need."""
        usable = (family for family in self._families if family.fits(target))
        return [family for family in usable if any(f"{family.name}/{name}" in self._wanted for name in family.measures)]

    def _chosen(self, metrics: Iterable[str] | None) -> set[str]:
        """Full names of the metrics wanted."""
        known = {family.name: family.name for family in self._families}
        full = {f"{family.name}/{name}" for family in self._families for name in family.measures}
        if metrics is None:
            return full
        wanted: set[str] = set()
        for name in metrics:
            if name not in known and name not in full:
                raise unknown("metric", name, {*known, *full})
            wanted |= {one for one in full if name in (one, one.partition("/")[0])}
        if not wanted:
            raise UsageError("`metrics` must name at least one metric, got an empty list; leave it out for all.")
        return wanted


def notes_of(assessed: Mapping[str, Assessment]) -> list[str]:
    """The notes of all splits, each once."""
    return list(dict.fromkeys(note for one in assessed.values() for note in one.notes))


def _means(values: Values) -> dict[str, float]:
    return {name: float(np.mean(value, dtype=np.float64)) for name, value in values.items()}


def _of_rows(value: float | NDArray[Any] | Linearised) -> NDArray[Any]:
    """What a family returned, as an array: one value a query row, or one of all."""
    return np.asarray(value.values if isinstance(value, Linearised) else value)
