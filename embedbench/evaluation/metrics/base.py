"""What a metric family is: a pure function of a space that declares its measures; found by its file, not by a list."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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
        compute: The function. A measure that is undefined for the space is left out of what it returns; one that is a
            mean over the query rows is returned as their values, ``(query rows,)``.
    """

    name: str
    measures: Mapping[str, Measure]
    needs: Target
    seeded: bool
    compute: Callable[[EmbeddingSpace], Values]

    def __call__(self, space: EmbeddingSpace) -> dict[str, float]:
        """The measures of a space that has the labels needed, means over query rows taken."""
        return {name: float(np.mean(value, dtype=np.float64)) for name, value in self.compute(space).items()}


def family(
    name: str, measures: Mapping[str, Measure], needs: Target, seeded: bool = False
) -> Callable[[Callable[[EmbeddingSpace], Values]], Family]:
    """Declares a function of a space to be a metric family; see `Family` for the arguments."""

    def declare(compute: Callable[[EmbeddingSpace], Values]) -> Family:
        return Family(name, measures, needs, seeded, compute)

    return declare


def discover() -> list[Family]:
    """The families of this folder (and any folder added to the package's path), by name of their file.

    A family's file is ``NAME.py``, or ``NAME/NAME.py`` beside what it is computed by.
    """
    found: list[Family] = []
    for info in sorted(pkgutil.iter_modules(metrics.__path__), key=lambda info: info.name):
        name = f"{metrics.__name__}.{info.name}"
        module = importlib.import_module(f"{name}.{info.name}" if info.ispkg else name)
        made = (value for value in vars(module).values() if isinstance(value, Family))
        found += [value for value in made if value.compute.__module__ == module.__name__]
    return found
