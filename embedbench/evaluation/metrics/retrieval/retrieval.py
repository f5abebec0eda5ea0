"""How well a query finds the gallery rows of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.retrieval.among_queries import first_ranks, without_itself
from embedbench.evaluation.metrics.retrieval.ranking import Hits, score_queries
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_BLOCK = 2_000_000  # numbers of the gallery that are in the way at a time (8 MB)
_CUT = 10  # ranks that count
_NAMES = ("recall@1", "recall@5", "recall@10", "precision@10", "map@r", "r_precision", "mrr", "ndcg@10")


@family("retrieval", dict.fromkeys(_NAMES, Measure(0, 1, "higher")), needs="classes")
def retrieval(space: EmbeddingSpace) -> Values:
    """Each query ranks the gallery by distance; a gallery row is relevant if it has the query's class.

    With R relevant rows: recall@k is the share of queries with a relevant row among the first k (the hit rate of
    metric learning); precision@10 the share of relevant rows among the first 10; R-precision the same among the first
    R; MAP@R the mean over the first R ranks of precision there if relevant, else 0 (Musgrave et al., 2020); MRR the
    mean of 1 / rank of the first relevant row; nDCG@10 with gain 1 for relevant (Järvelin & Kekäläinen, 2002).
    All are means over all query rows: one whose class the gallery lacks counts 0. Equally distant rows: the irrelevant
    come first. Query rows that are searched among themselves rank all others; one that is alone in its class counts 0.
    """
    gallery = space.gallery
    rows, query = gallery.rows, space.query
    pairs = gallery.pairs(query)
    if space.among_queries:
        return dict(zip(_NAMES, _among_queries(space).T, strict=True))
    scores = score_queries(gallery.blocks(_BLOCK), rows.known, space.points, query.known, measure, pairs)
    return dict(zip(_NAMES, scores.T, strict=True))


def _among_queries(space: EmbeddingSpace) -> NDArray[np.float64]:
    """The measures of each query row among the others, float64 ``(query rows, 8)``."""
    gallery, label = space.gallery, space.query.known

    def measured(hits: Hits) -> NDArray[np.float64]:
        others = without_itself(hits)
        return measure(others) if others.total else np.zeros((len(others.first), len(_NAMES)))

    pairs = gallery.pairs(space.query)
    scores = score_queries(gallery.blocks(_BLOCK), label, space.points, label, measured, pairs)
    counts = np.unique(label, return_inverse=True, return_counts=True)
    column = _NAMES.index("mrr")
    far = np.flatnonzero((scores[:, column] == 0) & (counts[2][counts[1]] > 1))
    scores[far, column] = 1 / first_ranks(gallery.points, label, far)
    return scores


def measure(hits: Hits) -> NDArray[np.float64]:
    """The measures of each query, in the order of their names, float64 ``(batch, 8)``."""
    import torch

    total = hits.total
    top = hits.relevant[:, :_CUT]
    gain = 1 / np.log2(np.arange(2, _CUT + 2))
    relevant = hits.relevant[:, :total]
    found = torch.from_numpy(relevant).cumsum(1, dtype=torch.int32).numpy()  # (batch, total); five times numpy's speed
    weight = 1 / np.arange(1, total + 1)
    return np.column_stack(
        [
            *(top[:, :k].any(axis=1) for k in (1, 5, 10)),
            top.sum(axis=1) / _CUT,
            (found * relevant) @ weight / total,
            found[:, -1] / total,
            1 / hits.first,
            top @ gain[: top.shape[1]] / gain[:total].sum(),
        ]
    )
