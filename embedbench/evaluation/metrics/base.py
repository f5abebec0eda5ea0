"""What a metric family is: a pure function of a space that declares its measures; found by its file, not by a list."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedbench.catalog import class_at, load_yaml, names
from embedbench.errors import UsageError
from embedbench.evaluation import metrics
from embedbench.types import Measure, Target

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

Values = Mapping[str, float | NDArray[Any]]


@dataclass(frozen=True)
class Family:
    """A function that scores a space, with what it declares.

    Attributes:
        name: What stands before the slash of its metrics' names.
        measures: Range and direction of each number that it may return.
        needs: Kind of label that gallery and query must have.
        seeded: Whether it depends on the seed, so that a suite may repeat it with others.
        live: Whether it may watch a fit: it needs no more than embeddings, labels and inputs, and costs little on few
            rows.
        compute: The function. A measure that is undefined for the space is left out of what it returns; one that is a
            mean over the query rows is returned as their values, ``(query rows,)``.
    """

    name: str
    measures: Mapping[str, Measure]
    needs: Target
    seeded: bool
    live: bool
    compute: Callable[[EmbeddingSpace], Values]

    def __call__(self, space: EmbeddingSpace) -> dict[str, float]:
        """The measures of a space that has the labels needed, means over query rows taken."""
        return {name: float(np.mean(value, dtype=np.float64)) for name, value in self.compute(space).items()}


def family(
    name: str, measures: Mapping[str, Measure], needs: Target, seeded: bool = False, live: bool = True
) -> Callable[[Callable[[EmbeddingSpace], Values]], Family]:
    """Declares a function of a space to be a metric family; see `Family` for the arguments."""

    def declare(compute: Callable[[EmbeddingSpace], Values]) -> Family:
        return Family(name, measures, needs, seeded, live, compute)

    return declare


def discover() -> list[Family]:
    """The families of this folder, by name of their file, then those that files of ``conf/metric`` name.

    A family's file is ``NAME.py`` here, or ``NAME/NAME.py`` beside what it is computed by; one of a user's own lies
    anywhere, and ``conf/metric/NAME.yaml`` says where: ``family: my_module.my_family``.

    Raises:
        UsageError: If such a file names no family, or one of a name that is taken.
    """
    found: list[Family] = []
    for info in sorted(pkgutil.iter_modules(metrics.__path__), key=lambda info: info.name):
        name = f"{metrics.__name__}.{info.name}"
        module = importlib.import_module(f"{name}.{info.name}" if info.ispkg else name)
        made = (value for value in vars(module).values() if isinstance(value, Family))
        found += [value for value in made if value.compute.__module__ == module.__name__]
    taken = {family.name for family in found}
    for path in names("conf/metric").values():
        family = _named_by(path)
        if family.name in taken:
            raise UsageError(f"{path}: there is a metric family {family.name!r} already; give it another name.")
        taken.add(family.name)
        found.append(family)
    return found


def _named_by(path: Path) -> Family:
    """The family that a file of ``conf/metric`` names."""
    given = load_yaml(path)
    where = given.get("family")
    if given.keys() != {"family"} or not isinstance(where, str) or "." not in where:
        raise UsageError(f"{path} must say where the family is, and no more; write `family: my_module.my_family`.")
    try:
        found = class_at(where)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{path} names the family {where!r}, which can't be imported: {error}.") from None
    if not isinstance(found, Family):
        raise UsageError(f"{path} names {where!r}, which is no metric family; declare it by @family(...).")
    return found
