"""How well a query finds gallery rows that share labels with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Linearised, Values, family
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_CUT = 10  # ranks whose gains count
_DEPTH = 100  # ranks looked at
_BLOCK = 4_000_000  # pairs of label sets compared at a time (16 MB)
_NAMES = ("shared@1", "shared_ndcg@10", "shared_map@100")
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Shared(NamedTuple):
    """What some queries share with the gallery.

    Attributes:
        query: Numbers of the queries, ``(batch,)``.
        found: Labels that they share with their nearest gallery rows, nearest first, ``(batch, depth)``.
        best: With the gallery rows that share most, ``(batch, 10)`` or as many as there are.
        total: Gallery rows that share at least one, ``(batch,)``.
    """

    query: Integers
    found: Integers
    best: Integers
    total: Integers


@family("retrieval", dict.fromkeys(_NAMES, Measure(0, 1, "higher")), needs="multilabel")
def shared_labels(space: EmbeddingSpace) -> Values:
    """Each query finds its 100 nearest gallery rows (all, if there are fewer); relevant is one that shares a label.

    ``shared@1`` is the share of queries whose nearest row shares a label. ``shared_ndcg@10`` is nDCG with the gain
    2^r − 1 of a row that shares r labels, discounted by log2(1 + rank), over that of the 10 gallery rows that share
    most (Zhao et al., 2015). ``shared_map@100`` is the mean over the relevant rows among the first 100 of the precision
    at their rank, divided by 100 or by the number of relevant gallery rows if these are fewer. All are means over the
    query rows that have a label; one whose labels the gallery lacks counts 0. Of equally distant rows the earlier ones
    come first.
    """
    has = space.query.known.max(axis=1) > 0
    if not has.any():
        return {}
    found = space.neighbors(min(_DEPTH, len(space.gallery.rows)))
    values = np.zeros((len(has), len(_NAMES)))
    for some in shared(space.gallery.rows.known, space.query.known, found):
        values[some.query] = measured(some)
    return {name: of_labelled(column, has) for name, column in zip(_NAMES, values.T, strict=True)}


def shared(gallery: NDArray[np.int8], query: NDArray[np.int8], near: Integers) -> Iterator[Shared]:
    """Counts the labels in common, once for each pair of a query's labels and a gallery row's.

    Args:
        gallery: ``(gallery rows, labels)``.
        query: ``(query rows, labels)``.
        near: Numbers of the gallery rows nearest to each query, ``(query rows, depth)``.
    """
    sets, own, count = np.unique(gallery, axis=0, return_inverse=True, return_counts=True)
    asked, wanted = np.unique(query, axis=0, return_inverse=True)
    order = np.argsort(wanted.ravel(), kind="stable")
    of_set = np.split(order, np.cumsum(np.bincount(wanted.ravel()))[:-1])
    step = max(1, _BLOCK // len(sets))
    for start in range(0, len(asked), step):
        common = asked[start : start + step].astype(np.float32) @ sets.T.astype(np.float32)  # exact: small numbers
        best, total = _best(common, count), (common > 0) @ count
        for place, numbers in enumerate(of_set[start : start + step]):
            found = common[place][own.ravel()[near[numbers]]].astype(np.int64)
            whole = np.full(len(numbers), total[place])
            yield Shared(numbers, found, np.tile(best[place], (len(numbers), 1)), whole)


def _best(common: NDArray[np.float32], count: Integers) -> Integers:
    """The 10 largest numbers of shared labels, each as often as gallery rows have it, ``(asked, 10)`` or fewer."""
    wanted = min(_CUT, int(count.sum()))
    kept = min(_CUT, common.shape[1])
    place = np.argpartition(-common, kept - 1, axis=1)[:, :kept]
    place = np.take_along_axis(place, np.argsort(-np.take_along_axis(common, place, 1), axis=1, kind="stable"), 1)
    most, ends = np.take_along_axis(common, place, 1), count[place].cumsum(axis=1)
    ranks = np.stack([(ends <= rank).sum(axis=1) for rank in range(wanted)], axis=1)
    return np.take_along_axis(most, ranks, 1).astype(np.int64)


def measured(some: Shared) -> Floats:
    """The measures of each query, in the order of their names, ``(batch, 3)``.

    >>> one = Shared(np.array([0]), np.array([[0, 2]]), np.array([[2, 0]]), np.array([1]))
    >>> measured(one).round(6).tolist()
    [[0.0, 0.63093, 0.5]]
    """
    relevant = some.found > 0
    depth = relevant.shape[1]
    precision = relevant.cumsum(axis=1) / np.arange(1, depth + 1)
    most = np.maximum(np.minimum(some.total, depth), 1)
    ideal = dcg_of_shared(some.best)
    ndcg = np.divide(dcg_of_shared(some.found[:, :_CUT]), ideal, out=np.zeros(len(ideal)), where=ideal > 0)
    return np.column_stack([relevant[:, 0], ndcg, (precision * relevant).sum(axis=1) / most])


def dcg_of_shared(counts: Integers) -> Floats:
    """Discounted gain 2^r − 1 of rows that share r labels, in order of rank ``(rows, k)``, ``(rows,)``."""
    gain: Floats = (2.0**counts - 1) @ (1 / np.log2(np.arange(2, counts.shape[1] + 2)))
    return gain


def of_labelled(values: Floats, has: NDArray[np.bool_]) -> Floats | Linearised:
    """Values of query rows ``(rows,)`` whose mean is taken over those that have labels alone."""
    if has.all():
        return values
    mean, share = values[has].mean(), has.mean()
    return Linearised(mean + has * (values - mean) / share)
