"""How the single classes of the query rows score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.rows import Rows


def by_class(query: Rows, values: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, float]]:
    """Means of values ``(query rows,)`` over the rows of each class, by its name, with the count of its ``rows``."""
    if query.target != "classes":
        return {}
    numbers, own, count = np.unique(query.known, return_inverse=True, return_counts=True)
    means = {name: np.bincount(own, value) / count for name, value in values.items()}
    return {
        query.class_name(number): {"rows": int(count[place])} | {name: float(one[place]) for name, one in means.items()}
        for place, number in enumerate(numbers.tolist())
    }
