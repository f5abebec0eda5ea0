"""What an expert would stop at before believing the scores of an embedding: notes, with counts and cures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values
from embedbench.evaluation.rows import Rows

if TYPE_CHECKING:
    from embedbench.evaluation.further import Returned
    from embedbench.evaluation.space import EmbeddingSpace

_SAMPLE = 1_000  # gallery rows looked at, evenly spaced
_ONE_WAY = 0.999  # share of the variance in one direction
_STILL = 1e-4  # spread over size below which float32 holds too few digits of how rows differ
_MANY = 100  # query rows of which all being right is no chance
_EXACT = 0.999  # R², which a ridge keeps from 1
_SOME = 10  # query rows of which all being wrong is none


def of_gallery(rows: Rows) -> list[str]:
    """Of the rows that are searched: a collapsed embedding, and classes with a single row.

    All rows equal, or fewer distinct ones than classes; rows of float32 that differ by less than 1e-4 of their size; of
    3 dimensions or more, 99.9 % of the variance in one direction. Looked at are 1,000 rows at most.
    """
    return [*_collapsed(rows), *single_classes(rows)]


def of_query(space: EmbeddingSpace, values: Values) -> list[str]:
    """Of one split's rows: classes or labels that the gallery lacks, and scores that are all 1 or all 0.

    All 1 are k-NN accuracy and recall@1 of 100 rows or more, or MAP@R with them of fewer, or R² above 0.999; all 0 are
    k-NN accuracy and recall@10. Nothing is said of an embedding that was made of the labels.

    Args:
        space: Gallery and query rows.
        values: What the families gave.
    """
    missing = _missing(space) if space.target == "classes" else _missing_labels(space)
    return missing or ([] if space.gallery.rows.sees_label else _extreme(values, len(space.query)))


def unscored(query: Rows, parts: Iterable[Returned]) -> list[str]:
    """Of further columns: those without any score, though they were set aside to have one.

    Args:
        query: The rows that are scored.
        parts: What the families gave.
    """
    scored = {part.column for part in parts if part.values}
    without = ", ".join(repr(name) for name in query.further if name not in scored)
    return [f"no score by {without}: no row has a value, or none of the metrics asked for fits"] if without else []


def _collapsed(rows: Rows) -> list[str]:
    """At most one sentence: the most severe."""
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)
    z = np.asarray(rows.z[chosen])  # (rows, dim)
    least = len(np.unique(rows.known[chosen])) if rows.target == "classes" else 2
    if rows.constant:
        return []
    distinct = len({row.tobytes() for row in z + 0.0})  # 0 and −0 are equal
    cure = "the model has collapsed, so train it otherwise or check what it is given"
    if len(z) > 1 and distinct == 1:
        return [f"all {len(z)} gallery rows looked at have the same embedding; {cure}"]
    if distinct < min(least, len(z)):
        return [f"{len(z)} gallery rows of {least} classes have only {distinct} distinct embeddings; {cure}"]
    centred = z.astype(np.float64) - z.mean(axis=0, dtype=np.float64)
    largest = float(np.abs(centred).max())
    size = float(np.abs(z).max())
    if z.dtype == np.float32 and largest < _STILL * size:
        return [f"gallery rows differ by at most {largest / size:.1g} of their size; {cure}"]
    share = _first_share(centred / largest) if min(z.shape) >= 3 else 0.0
    if share > _ONE_WAY:
        return [
            f"{100 * share:.4g} % of the gallery's variance in {rows.dim} dimensions lies in one direction; "
            "standardise the columns, or check the model for collapse"
        ]
    return []


def _first_share(centred: NDArray[np.float64]) -> float:
    """Share of the variance along the first principal direction of ``(rows, dim)``."""
    gram = centred.T @ centred if centred.shape[1] < len(centred) else centred @ centred.T
    return float(np.linalg.norm(gram) / np.trace(gram))  # √Σλ² / Σλ: near 1, the first eigenvalue's share


def single_classes(rows: Rows) -> list[str]:
    """Of the classes of rows that are searched: those with a single row."""
    if rows.target != "classes":
        return []
    _, counts = np.unique(rows.known, return_counts=True)
    single = int((counts == 1).sum())
    if not single:
        return []
    return [
        f"{single} of {len(counts)} gallery classes have a single row, by which alone their queries can be right; add "
        "rows of them or leave them out"
    ]


def _missing(space: EmbeddingSpace) -> list[str]:
    """Classes of the query without a gallery row."""
    known, asked = space.gallery.rows.known, space.query.known
    lost = ~np.isin(asked, known)
    classes, total = len(np.unique(asked[lost])), len(np.unique(asked))
    if not classes:
        return []
    if classes == total:
        return [
            f"none of the {total} classes of the {len(asked)} query rows is in the gallery, so that every score by "
            "class is 0 or empty; give gallery and query the same names of classes"
        ]
    return [
        f"{classes} of {total} classes ({int(lost.sum())} of {len(asked)} query rows) have no row in the gallery and "
        "can't be found; add rows of them or leave them out"
    ]


def _missing_labels(space: EmbeddingSpace) -> list[str]:
    """Labels of the query, of several a row, without a gallery row."""
    if space.target != "multilabel":
        return []
    known, asked = space.gallery.rows.known.any(axis=0), space.query.known.any(axis=0)
    lost = int((asked & ~known).sum())
    if not lost:
        return []
    rows = int(space.query.known[:, ~known].any(axis=1).sum())
    return [
        f"{lost} of {int(asked.sum())} labels ({rows} of {len(space.query)} query rows have one) have no row in the "
        "gallery and can't be predicted; add rows of them or leave them out"
    ]


def _extreme(values: Values, n_query: int) -> list[str]:
    def all_are(names: tuple[str, ...], value: float) -> bool:
        found = [np.asarray(values[name]) for name in names if name in values]
        return bool(found) and all(bool((one == value).all()) for one in found)

    near, ranks = ("probe/knn_accuracy", "probe/knn_subset_accuracy", "retrieval/recall@1"), "retrieval/map@r"
    if all_are(near, 1) and (n_query >= _MANY or all_are((ranks,), 1)):
        return [
            f"every one of the {n_query} query rows is right, by its neighbours' classes or its first hit; check that "
            "the label, or copies of the query rows, are not among what was embedded"
        ]
    if all_are(("probe/knn_accuracy", "retrieval/recall@10"), 0) and n_query >= _SOME:
        return [
            f"every one of the {n_query} query rows is wrong, which is worse than chance; check that labels and rows "
            "are in the same order"
        ]
    exact = [name for name in ("probe/linear_r2", "probe/knn_r2") if np.mean(values.get(name, 0)) > _EXACT]
    if exact:
        return [
            f"{' and '.join(exact)} above {_EXACT} leaves no error; check that the target wasn't embedded with the rest"
        ]
    return []
