"""Query rows of classes of which the gallery has none: they are searched among themselves."""

from __future__ import annotations

import numpy as np

from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery


def among_queries(space: EmbeddingSpace, protocol: EvaluationSettings) -> EmbeddingSpace | None:
    """The query rows searched among themselves, if they have two classes or more, of which the gallery has none."""
    query, gallery = space.query, space.gallery.rows
    n_classes = len(np.unique(query.known)) if space.target == "classes" else 0
    if n_classes < 2 or np.isin(query.known, gallery.known).any():
        return None
    held = Gallery(query, space.gallery.distance)
    among = EmbeddingSpace(held, query, protocol.for_gallery(len(query)), among_queries=True)
    among.remarks["classes"] = (
        f"none of the {n_classes} classes is in the gallery: rows are retrieved, and k-means is fitted, among the "
        "query rows, each without itself; probes, which learn the gallery's classes, are left out; if the classes "
        "are the same, name them alike"
    )
    return among
