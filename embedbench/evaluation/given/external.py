"""Scores embeddings made anywhere, as arrays in a notebook."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.given.parting import as_rows, cut_rows
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Assessment, Suite
from embedbench.files.label_sets import cells_of_sets, holds_lists, indicated
from embedbench.files.labels import as_column, plain_labels
from embedbench.files.tensors import as_array
from embedbench.files.vector_reader import Vectors


def evaluate(
    z: Any,
    label: Any = None,
    *,
    gallery: tuple[Any, Any] | None = None,
    suite: Suite | None = None,
    seed: int = 0,
    x: Any = None,
) -> dict[str, float]:
    """The metrics of an embedding by name, such as ``"retrieval/map@r"``.

    >>> import numpy as np
    >>> z = np.repeat(np.eye(3), 20, axis=0) + np.random.default_rng(0).normal(0, 0.1, (60, 3))
    >>> scores = evaluate(z, np.repeat(["cat", "dog", "owl"], 20), seed=1)
    >>> scores["probe/knn_accuracy"], round(scores["clustering/nmi"], 6)
    (1.0, 1.0)

    Args:
        z: Embedding to score, ``(rows, dim)``: anything that numpy reads, or a torch tensor on any device.
        label: ``(rows,)``: text, integers, booleans or dates are classes, floats a real target; rows without one are
            refused. A list for each row, ``[["red", "big"], []]``, or an array of 0 and 1, ``(rows, labels)``, is
            several labels a row. Without labels, only the metrics that need none are given.
        gallery: Vectors and labels to compare with (labels may be ``None``). Without it, a random fifth of the rows of
            each class (rounded; of all rows, unless the labels are classes) is scored against the others.
        suite: Metrics and their settings; the default suite with this seed unless given.
        seed: Seed of the split, and of the default suite; not negative.
        x: What was embedded, ``(rows, …)``, each row read as one vector; scipy's sparse matrices too. It is what the
            geometry of the embedding is compared with; without it, those metrics aren't given.

    Raises:
        UsageError: If shapes, lengths, kinds or values don't fit; if there are fewer gallery rows than neighbours.
    """
    rows = _given(z, label, gallery, seed, x)
    return (suite or Suite(seed=seed)).score(rows["train"], {"test": rows["test"]})["test"]


def assess(
    z: Any,
    label: Any = None,
    *,
    gallery: tuple[Any, Any] | None = None,
    suite: Suite | None = None,
    seed: int = 0,
    x: Any = None,
) -> Assessment:
    """The metrics of an embedding as `evaluate` gives them, with their uncertainty and the values of single rows.

    >>> import numpy as np
    >>> z = np.repeat(np.eye(3), 20, axis=0) + np.random.default_rng(0).normal(0, 0.6, (60, 3))
    >>> found = assess(z, np.repeat(["cat", "dog", "owl"], 20))
    >>> found.metrics["probe/knn_accuracy"]
    0.75
    >>> found.uncertainty["probe/knn_accuracy"]
    {'se': 0.1305582419667734, 'low': 0.5, 'high': 1.0}
    >>> found.index[found.queries["probe/knn_accuracy"] == 0].tolist()  # the rows of z whose class was missed
    [24, 51, 59]

    Args:
        z: As in `evaluate`, and so are the others.
        label: ``(rows,)``.
        gallery: Vectors and labels to compare with.
        suite: Metrics and their settings.
        seed: Of the split and of the default suite.
        x: What was embedded.

    Raises:
        UsageError: As `evaluate` does.
    """
    rows = _given(z, label, gallery, seed, x)
    return (suite or Suite(seed=seed)).assess(rows["train"], {"test": rows["test"]})["test"]


def _given(z: Any, label: Any, gallery: tuple[Any, Any] | None, seed: int, x: Any) -> dict[str, Rows]:
    """Checked rows "train" and "test" of what a caller gives."""
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed must be a whole number, 0 or more, got {seed!r}.")
    given = Vectors(as_array("z", z), _labels(label), None)
    if gallery is None:
        rows = cut_rows(given, seed)
    else:
        if not isinstance(gallery, tuple | list) or len(gallery) != 2:
            raise UsageError("gallery must be a pair (vectors, labels), whose labels may be None.")
        known = Vectors(as_array("gallery", gallery[0]), _labels(gallery[1]), None)
        rows = as_rows({"train": known, "test": given})
    return rows if x is None else {**rows, "test": _with_inputs(rows["test"], x, len(given.z))}


def _with_inputs(query: Rows, x: Any, n_rows: int) -> Rows:
    """Query rows with their part of what was embedded."""
    given = x.tocsr() if hasattr(x, "tocsr") else as_array("x", x)
    if given.ndim < 2 or given.shape[0] != n_rows:
        raise UsageError(f"x must have shape (rows, features) for the {n_rows} rows of z, got {given.shape}.")
    part = given[query.index]
    return replace(query, x=part.reshape(len(query), -1) if isinstance(part, np.ndarray) else part)


def _labels(label: Any) -> NDArray[Any] | None:
    if label is None:
        return None
    if getattr(label, "ndim", 1) == 2:
        return indicated(as_array("label", label), "label")
    column = as_column(label)
    return cells_of_sets(column, "label") if holds_lists(column) else plain_labels(column, "label")
