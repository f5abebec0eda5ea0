"""How well queries find the documents that were judged relevant for them: the measures of TREC."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.relevance.ranks import judged_ranks
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_DEPTHS = (1, 5, 10, 100)
_NAMES = (*(f"recall@{k}" for k in _DEPTHS), "ndcg@10", "ndcg@100", "map", "mrr")
Integers = NDArray[np.int64]


@family("relevance", dict.fromkeys(_NAMES, Measure(0, 1, "higher")), needs="none", live=False)
def relevance(space: EmbeddingSpace) -> Values:
    """Each query ranks the gallery by distance; relevant is what judgements grade above 0. Left out without judgements.

    recall@k is the share of a query's relevant documents among the first k; nDCG@k has the grade as gain and
    1 / log2(1 + rank) as discount (Järvelin & Kekäläinen, 2002), over that of the best order; MAP the mean over the
    relevant documents of precision at their rank, 0 to 1 over the whole gallery; MRR the mean of 1 / rank of the first
    relevant one. All are means over the queries that have a relevant document, as trec_eval's. Of equally distant
    documents those of lower grade come first; trec_eval orders them by their names.
    """
    judged = space.query.judgements
    if judged is None:
        return {}
    _, starts = np.unique(judged.query, return_index=True)
    where = judged_ranks(space, judged)
    edges = pairwise([*starts.tolist(), len(where)])
    values = np.array([trec_measures(where[low:high], judged.grade[low:high]) for low, high in edges])
    return dict(zip(_NAMES, values.T, strict=True))


def trec_measures(rank: Integers, grade: Integers) -> list[float]:
    """The measures of one query, by ranks and grades of its judged documents ``(documents,)``, some of them relevant.

    >>> dict(zip(_NAMES, trec_measures(np.array([2, 1, 9]), np.array([1, 0, 2])), strict=True))["mrr"]
    0.5
    """
    order = np.argsort(rank)
    rank, gain = rank[order], np.maximum(grade[order], 0)
    hits = rank[gain > 0]
    best = np.sort(gain)[::-1]
    ideal = best / np.log2(np.arange(2, len(best) + 2))
    found = gain / np.log2(rank + 1)
    return [
        *(float((hits <= k).mean()) for k in _DEPTHS),
        *(float(found[rank <= k].sum() / ideal[:k].sum()) for k in (10, 100)),
        float((np.arange(1, len(hits) + 1) / hits).mean()),
        float(1 / hits[0]),
    ]
