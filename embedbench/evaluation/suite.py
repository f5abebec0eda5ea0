"""The one protocol by which every embedding is scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.arguments.checked import Checked
from embedbench.arguments.hints import NonNegativeInt, PositiveInt
from embedbench.errors import UsageError
from embedbench.evaluation import suspicion
from embedbench.evaluation.by_class import by_class
from embedbench.evaluation.choice import chosen
from embedbench.evaluation.further import LEVELS, FurtherSpace, Returned, means, named, row_values, scorers, spaces_by
from embedbench.evaluation.metrics.base import Family, Linearised, discover
from embedbench.evaluation.rows import Integers, Rows
from embedbench.evaluation.space import Distance, EmbeddingSpace, EvaluationSettings, Gallery
from embedbench.evaluation.uncertainty import uncertainties
from embedbench.evaluation.unseen_classes import among_queries
from embedbench.evaluation.word_tests import read_tests
from embedbench.neighbors.graphs import Keep
from embedbench.neighbors.index import Index, choose_index
from embedbench.progress.step import Step, Tell, tell_nobody
from embedbench.types import FurtherLabel, Measure, Target

_SPREAD = Measure(0, math.inf, "none")
Columns = Mapping[str, FurtherLabel]
Told = Callable[[str], None]
_NONE: Columns = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Assessment:
    """How the query rows of one split score.

    Attributes:
        metrics: Values by name, finite; of a further column of labels with ":" and the column behind the name.
        queries: Of each metric that is a mean over query rows, what it is the mean of: float32 ``(query rows,)``, NaN
            where a further column has no value. Of some that are none, as balanced accuracy, values that have it as
            mean and its error as standard error.
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
        metrics: Names of families ("clustering") or of single metrics ("clustering/nmi"), of a further column alone
            with ":" behind them ("probe:region"); all unless given.
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
        tell: Is told each family before it scores a split; nobody unless it is set.

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
        self.tell: Tell = tell_nobody
        self._families = discover()
        self._wanted = chosen(self._families, metrics)

    def measures(self, further: Columns = _NONE) -> dict[str, Measure]:
        """Range and direction of every metric that this suite may report, whatever the labels.

        Args:
            further: Further columns of labels, by name.
        """
        found = self._measures(self._families)
        for column, one in further.items():
            of_column = self._measures(scorers(self._families, one), column)
            found |= {named(name, column): measure for name, measure in of_column.items()}
        return found

    def names_by(self, column: str) -> list[str]:
        """The metrics that a further column may have, whatever it holds."""
        families = [family for family in self._families if family.name in LEVELS]
        return [named(name, column) for name in self._measures(families, column)]

    def _measures(self, families: Iterable[Family], column: str = "") -> dict[str, Measure]:
        """Those of some families by their plain names, as far as they are wanted of a column."""
        wanted, found = self._wanted.of(column), dict[str, Measure]()
        for family in families:
            whole = {f"{family.name}/{name}": measure for name, measure in family.measures.items()}
            kept = {name: measure for name, measure in whole.items() if name in wanted}
            found |= kept
            if self._repeated(family):
                found |= {f"{name}_sd": _SPREAD for name in kept if not name.endswith("_se")}
        return found

    def wants(self, family: str) -> bool:
        """Whether a metric of this family is to be reported."""
        return self._wanted.any_of(family)

    def check(self, n_rows: Mapping[str, int], target: Target, n_classes: int, further: Columns = _NONE) -> None:
        """Refuses data that can't be scored, before anything is trained.

        Args:
            n_rows: Rows of each split; "train" is the gallery.
            target: Kind of label.
            n_classes: Number of classes, if the target is "classes".
            further: Further columns of labels, by name.

        Raises:
            UsageError: If the gallery has fewer rows than the `index` asked for needs, if there is a single class, if
                all wanted metrics need another kind of label, or one is of a column that isn't there.
        """
        choose_index(self.protocol.search, n_rows["train"], 0, 0)
        self._wanted.check_columns(further)
        families = self._fitting(target)
        if not families and not any(self._of_column(column, one) for column, one in further.items()):
            wanted = ", ".join(self._wanted.listed())
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
        return {split: means(parts) for split, (parts, _) in self._values(gallery, queries).items()}

    def assess(self, gallery: Rows, queries: Mapping[str, Rows]) -> dict[str, Assessment]:
        """The same metrics as `score` gives, with the values of single query rows and the uncertainty of their means.

        Raises:
            UsageError: As `score` does.
        """
        found: dict[str, Assessment] = {}
        for split, (parts, notes) in self._values(gallery, queries).items():
            plain = {name: value for name, value in parts[0].values.items() if isinstance(value, np.ndarray)}
            kept, uncertainty = dict[str, NDArray[np.float32]](), dict[str, dict[str, float]]()
            for part in parts:
                kept |= part.of_all(len(queries[split]))
                uncertainty |= part.named(self._within(uncertainties(part.by_query, self.protocol.seed), part.column))
            index = cast("Integers", queries[split].index)
            classes = by_class(queries[split], plain)
            found[split] = Assessment(means(parts), kept, uncertainty, index, notes, classes)
        return found

    def _within(self, uncertainty: dict[str, dict[str, float]], column: str) -> dict[str, dict[str, float]]:
        """Intervals cut at the ends of what their metric can be, which those of `Linearised` values may pass."""
        measures = self._measures(self._families, column)
        for name, one in uncertainty.items():
            least, most = measures[name].low, measures[name].high
            one["low"], one["high"] = max(one["low"], least), min(one["high"], most)
        return uncertainty

    def _values(self, gallery: Rows, queries: Mapping[str, Rows]) -> dict[str, tuple[list[Returned], list[str]]]:
        """What the families return for each query split, of the label and of further columns, and notes."""
        held = Gallery(gallery, self.distance, self.keep)
        n_classes = len(np.unique(gallery.known)) if gallery.target == "classes" else 0
        doubts = suspicion.of_gallery(gallery)
        found: dict[str, tuple[list[Returned], list[str]]] = {}
        told, columns = count(), (self._of_column(*one) for one in gallery.further.items())
        steps = len(queries) * sum(map(len, (self._fitting(gallery.target), *columns)))
        for split, query in queries.items():

            def tell(what: str, split: str = split) -> None:
                self.tell(Step("score", next(told), steps, f"{what}: {split}"))

            space = EmbeddingSpace(held, query, self.protocol.for_gallery(len(gallery)))
            self.check({"train": len(gallery)}, space.target, n_classes, gallery.further)
            among = among_queries(space, self.protocol)
            parts = [Returned(self._of_space(space, among, self._fitting(space.target), tell))]
            doubted, more = suspicion.of_query(among or space, parts[0].values), []
            for one in spaces_by(space):
                part, remarks = self._of_further(one, tell)
                parts.append(part)
                more += [f"column {one.column!r}: {note}" for note in remarks if note not in space.notes]
            said = [*space.notes, *(among.notes if among else []), *doubted, *more, *suspicion.unscored(query, parts)]
            about = [*held.notes, *self._shrunk(len(gallery)), *doubts]
            found[split] = parts, [*about, *(f"{split}: {note}" for note in said)]
        return found

    def _of_further(self, one: FurtherSpace, tell: Told) -> tuple[Returned, list[str]]:
        """What the families return for a further column, and notes."""
        among, gallery = among_queries(one.space, self.protocol), one.space.gallery.rows
        values = self._of_space(one.space, among, self._of_column(one.column, one.by), tell, one.column)
        notes = [*(among or one.space).notes, *self._shrunk(len(gallery)), *suspicion.single_classes(gallery)]
        return Returned(values, one.column, one.rows), [*notes, *suspicion.of_query(among or one.space, values)]

    def _shrunk(self, gallery: int) -> list[str]:
        k = self.protocol.neighbors
        few = f"the nearest-neighbour probe has k = {gallery} in place of {k}, for the gallery has {gallery} rows"
        return [few] if k > gallery and self.wants("probe") else []

    def _of_space(
        self,
        space: EmbeddingSpace,
        among: EmbeddingSpace | None,
        families: Iterable[Family],
        tell: Told,
        column: str = "",
    ) -> dict[str, float | NDArray[Any] | Linearised]:
        """What the families return: those that need classes look among the query rows, if these are to be."""
        values: dict[str, float | NDArray[Any] | Linearised] = {}
        for family in families:
            tell(named(family.name, column))
            if among is not None and family.held_out:
                continue
            seen = space if among is None or family.needs != "classes" else among
            found = family.over_seeds(seen, self.kmeans_seeds) if self._repeated(family) else family.compute(seen)
            values |= {f"{family.name}/{name}": value for name, value in found.items()}
        declared = self._measures(self._families, column)
        kept = {name: value for name, value in values.items() if name in declared}
        for name, value in kept.items():
            shape = np.shape(row_values(value))
            if shape not in ((), (len(space.query),)):
                raise ValueError(f"{name} has shape {shape}: its family has to give one value a query row.")
            if not np.isfinite(value).all():
                raise ArithmeticError(f"{name} is {np.mean(value)}: its family has to leave it out or define it.")
        return kept

    def _repeated(self, family: Family) -> bool:
        return family.seeded and self.kmeans_seeds > 1

    def _fitting(self, target: Target) -> list[Family]:
        """The families that have a wanted metric and the labels they need."""
        return self._having(family for family in self._families if family.fits(target))

    def _of_column(self, column: str, by: FurtherLabel) -> list[Family]:
        """The same of a further column."""
        return self._having(scorers(self._families, by), column)

    def _having(self, families: Iterable[Family], column: str = "") -> list[Family]:
        wanted = self._wanted.of(column)
        return [one for one in families if any(f"{one.name}/{name}" in wanted for name in one.measures)]


def notes_of(assessed: Mapping[str, Assessment]) -> list[str]:
    """The notes of all splits, each once."""
    return list(dict.fromkeys(note for one in assessed.values() for note in one.notes))
