"""What a metric family is: a pure function of a space that declares its measures; found by a file, not by a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.catalog import class_at, metric_entries
from embedbench.errors import UsageError
from embedbench.types import Measure, Target

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace


class Linearised(NamedTuple):
    """A measure that is no mean over query rows, as values of single rows that it is the mean of.

    Of each row the measure plus the row's influence on it (Hampel, 1974): their spread gives the standard error of the
    measure, as that of plain values gives the error of a mean (the delta method).

    Attributes:
        values: ``(query rows,)``.
    """

    values: NDArray[np.float64]


Values = Mapping[str, float | NDArray[Any] | Linearised]
Needs = Target | Literal["unlabelled"]


@dataclass(frozen=True)
class Family:
    """A function that scores a space, with what it declares.

    Attributes:
        name: What stands before the slash of its metrics' names.
        measures: Range and direction of each number that it may return.
        needs: Kind of label that gallery and query must have; "unlabelled" if they must have none that parts the rows
            into classes: no labels at all, or several a row.
        seeded: Whether it depends on the seed, so that a suite may repeat it with others.
        live: Whether it may watch a fit: it needs no more than embeddings, labels and inputs, and costs little on few
            rows.
        held_out: Whether it learns the labels of the gallery, so that it says nothing of query rows that are the
            gallery themselves.
        compute: The function. A measure that is undefined for the space is left out of what it returns; one that is a
            mean over the query rows is returned as their values, ``(query rows,)``; one that is another function of
            them all perhaps as `Linearised`.
    """

    name: str
    measures: Mapping[str, Measure]
    needs: Needs
    seeded: bool
    live: bool
    held_out: bool
    compute: Callable[[EmbeddingSpace], Values]

    def fits(self, target: Target) -> bool:
        """Whether rows with this kind of label are scored by it."""
        return self.needs in ("none", target) or (self.needs == "unlabelled" and target in ("none", "multilabel"))

    def __call__(self, space: EmbeddingSpace) -> dict[str, float]:
        """The measures of a space that has the labels needed, means over query rows taken."""
        return {name: float(np.mean(value, dtype=np.float64)) for name, value in self.compute(space).items()}

    def over_seeds(self, space: EmbeddingSpace, seeds: int) -> dict[str, float]:
        """Means over so many seeds, from the protocol's on, and as ``NAME_sd`` standard deviations (n - 1).

        Of the measures that are defined for each.
        """
        first = space.protocol.seed
        found = [self(space.reseeded(seed)) for seed in range(first, first + seeds)]
        values = {name: [one[name] for one in found] for name in found[0] if all(name in one for one in found)}
        spread = {f"{name}_sd": float(np.std(each, ddof=1)) for name, each in values.items()}
        return {name: float(np.mean(each)) for name, each in values.items()} | spread


def family(
    name: str,
    measures: Mapping[str, Measure],
    needs: Needs,
    seeded: bool = False,
    live: bool = True,
    held_out: bool = False,
) -> Callable[[Callable[[EmbeddingSpace], Values]], Family]:
    """Declares a function of a space to be a metric family; see `Family` for the arguments."""

    def declare(compute: Callable[[EmbeddingSpace], Values]) -> Family:
        return Family(name, measures, needs, seeded, live, held_out, compute)

    return declare


def discover() -> list[Family]:
    """The families that files of ``conf/metric`` name, by name of their file.

    A family's file lies anywhere, one of this package's here as ``NAME.py``, or as ``NAME/NAME.py`` beside what it is
    computed by; ``conf/metric/NAME.yaml`` says where: ``family: my_module.my_family``, or a list, of several kinds of
    label. `embedbench.catalog.MetricEntry` says what else it may hold.

    Raises:
        UsageError: If such a file names no family, or one of another name.
    """
    return [_at(entry.path, where) for entry in metric_entries().values() for where in entry.families]


def _at(path: Path, where: str) -> Family:
    """The family that a file of ``conf/metric`` names."""
    try:
        found = class_at(where)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{path} names the family {where!r}, which can't be imported: {error}.") from None
    if not isinstance(found, Family):
        raise UsageError(f"{path} names {where!r}, which is no metric family; declare it by @family(...).")
    if found.name != path.stem:
        raise UsageError(f"{path} names the family {found.name!r}; give the file and the family one name.")
    ours = Path(__file__).with_name(found.name)  # whose numbers a table of others' compares with
    if (ours.is_dir() or ours.with_suffix(".py").is_file()) and not where.startswith(f"{__package__}."):
        raise UsageError(f"{path}: there is a metric family {found.name!r} already; give yours another name.")
    return found
