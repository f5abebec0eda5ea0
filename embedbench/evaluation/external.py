"""Scores embeddings made anywhere: arrays in a notebook, or files of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Assessment, Suite
from embedbench.files.labels import as_column, plain_labels
from embedbench.files.tensors import as_array
from embedbench.files.vector_reader import Vectors, read_vectors

_QUERY_SHARE = 0.2


class FileScores(NamedTuple):
    """What scoring a file gave.

    Attributes:
        assessed: Metrics, values of single query rows and uncertainty, by split.
        rows: Rows of each split; "train" is the gallery.
        dim: Size of the embedding.
    """

    assessed: dict[str, Assessment]
    rows: dict[str, int]
    dim: int

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Values by split and metric."""
        return {split: found.metrics for split, found in self.assessed.items()}


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
            refused. Without labels, only the metrics that need none are given.
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


def score_file(path: Path, gallery_path: Path | None = None, suite: Suite | None = None) -> FileScores:
    """The metrics of the vectors in a file; see `read_vectors` for the formats.

    The gallery is the file at ``gallery_path``; else the file's rows of split "train", and "val" and "test" are scored;
    else all but a random fifth of each class, drawn with the suite's seed, which is scored as "test".

    Raises:
        UsageError: If a file can't be read, if both a gallery and a split column are given, if a split column lacks
            "train" or has nothing else, or as `evaluate` does.
    """
    suite = suite or Suite()
    vectors = read_vectors(path)
    said = [*vectors.notes]
    if gallery_path is not None:
        gallery = _unsplit(gallery_path, read_vectors(gallery_path))
        said += gallery.notes
        rows = _rows({"train": gallery, "test": _unsplit(path, vectors)})
    elif vectors.split is not None:
        rows = _by_split(path, vectors, vectors.split)
    else:
        rows = _cut(vectors, suite.protocol.seed)
    queries = {split: part for split, part in rows.items() if split != "train"}
    assessed = suite.assess(rows["train"], queries)
    assessed = {split: replace(found, notes=[*said, *found.notes]) for split, found in assessed.items()}
    return FileScores(assessed, {split: len(part) for split, part in rows.items()}, rows["train"].dim)


def _given(z: Any, label: Any, gallery: tuple[Any, Any] | None, seed: int, x: Any) -> dict[str, Rows]:
    """Checked rows "train" and "test" of what a caller gives."""
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed must be a whole number, 0 or more, got {seed!r}.")
    given = Vectors(as_array("z", z), _labels(label), None)
    if gallery is None:
        rows = _cut(given, seed)
    else:
        if not isinstance(gallery, tuple | list) or len(gallery) != 2:
            raise UsageError("gallery must be a pair (vectors, labels), whose labels may be None.")
        known = Vectors(as_array("gallery", gallery[0]), _labels(gallery[1]), None)
        rows = _rows({"train": known, "test": given})
    return rows if x is None else {**rows, "test": _with_inputs(rows["test"], x, len(given.z))}


def _with_inputs(query: Rows, x: Any, n_rows: int) -> Rows:
    """Query rows with their part of what was embedded."""
    given = x.tocsr() if hasattr(x, "tocsr") else as_array("x", x)
    if given.ndim < 2 or given.shape[0] != n_rows:
        raise UsageError(f"x must have shape (rows, features) for the {n_rows} rows of z, got {given.shape}.")
    part = given[query.index]
    return replace(query, x=part.reshape(len(query), -1) if isinstance(part, np.ndarray) else part)


def _labels(label: Any) -> NDArray[Any] | None:
    return None if label is None else plain_labels(as_column(label), "label")


def _rows(parts: Mapping[str, Vectors]) -> dict[str, Rows]:
    """Checked rows of each split, classes numbered alike in all by the order of their names."""
    labels = {split: part.label for split, part in parts.items() if part.label is not None}
    if any(label.dtype.kind == "f" for label in labels.values()):
        return {split: Rows(part.z, labels.get(split)) for split, part in parts.items()}
    labels = _comparable(labels)
    names = np.unique(np.concatenate([*labels.values()])) if labels else np.empty(0)
    number = {split: np.searchsorted(names, label) for split, label in labels.items()}
    said = [str(name) for name in names]
    return {split: Rows(part.z, number.get(split), classes=said) for split, part in parts.items()}


def _comparable(labels: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Classes of all splits in one type that changes none: int64 where it holds them, else names."""
    if len({label.dtype.kind for label in labels.values()}) == 1:
        return labels
    most = np.iinfo(np.int64).max
    whole = all(label.dtype.kind in "iu" and label.max(initial=0) <= most for label in labels.values())
    return {split: label.astype(np.int64 if whole else str) for split, label in labels.items()}


def _by_split(path: Path, vectors: Vectors, split: NDArray[np.str_]) -> dict[str, Rows]:
    present = [name for name in ("train", "val", "test") if name in split]
    if present[0] != "train" or len(present) == 1:
        raise UsageError(f"split of {path} must name 'train' and 'val' or 'test', got only {', '.join(present)}.")
    whole = _rows({"all": vectors})["all"]
    return {name: _pick(whole, np.flatnonzero(split == name)) for name in present}


def _unsplit(path: Path, vectors: Vectors) -> Vectors:
    if vectors.split is not None:
        raise UsageError(
            f"{path} has a split column, which names its own gallery; drop the column or the gallery file."
        )
    return vectors


def _cut(vectors: Vectors, seed: int) -> dict[str, Rows]:
    """A fifth of each class as "test", the rest as "train"; both in the order of the rows."""
    whole = _rows({"all": vectors})["all"]
    classes = whole.known if whole.target == "classes" else np.zeros(len(whole), np.int64)
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(np.flatnonzero(classes == name)) for name in np.unique(classes)]
    test = np.concatenate([rows[: int(len(rows) * _QUERY_SHARE + 0.5)] for rows in shuffled])
    if len(test) == 0:
        raise UsageError(
            f"{len(whole)} rows have no class of 3 or more to score a part of; add rows or give a gallery."
        )
    train = np.setdiff1d(np.arange(len(whole)), test)
    return {"train": _pick(whole, train), "test": _pick(whole, np.sort(test))}


def _pick(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    run = len(chosen) > 0 and chosen[-1] - chosen[0] == len(chosen) - 1  # rows that follow each other aren't copied
    z = rows.z[chosen[0] : chosen[-1] + 1] if run else rows.z[chosen]
    return Rows(z, None if rows.label is None else rows.label[chosen], chosen, classes=rows.classes)
