"""How rows score class by class, or label by label where a row has several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.rows import Rows


def by_class(query: Rows, values: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, float]]:
    """Means of values ``(query rows,)`` over the rows of each class or label, by name, and its ``rows``."""
    if query.target == "multilabel":
        has = query.known.astype(np.float64)  # (rows, labels)
        found = {name: value @ has / np.maximum(has.sum(axis=0), 1) for name, value in values.items()}
        return {
            query.class_name(label): {"rows": int(has[:, label].sum())}
            | {name: float(means[label]) for name, means in found.items()}
            for label in np.flatnonzero(has.any(axis=0)).tolist()
        }
    if query.target != "classes":
        return {}
    numbers, own, count = np.unique(query.known, return_inverse=True, return_counts=True)
    means = {name: np.bincount(own, value) / count for name, value in values.items()}
    return {
        query.class_name(number): {"rows": int(count[place])} | {name: float(one[place]) for name, one in means.items()}
        for place, number in enumerate(numbers.tolist())
    }
