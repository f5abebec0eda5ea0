"""How well several labels a row are told from the embedding: nearest neighbours and a linear model."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Linearised, Values, family
from embedbench.evaluation.metrics.probe.label_logistic import fit_labels
from embedbench.evaluation.metrics.probe.label_scores import label_macro_f1, label_micro_f1, mean_average_precision
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_UNIT = Measure(0, 1, "higher")
_EACH = {
    "macro_f1": _UNIT,
    "micro_f1": _UNIT,
    "map": _UNIT,
    "subset_accuracy": _UNIT,
    "hamming_loss": Measure(0, 1, "lower"),
}
_CERTAIN = float(np.finfo(np.float32).max)  # logit of a label that all gallery rows have
Floats = NDArray[np.float64]


@family(
    "probe",
    {f"{by}_{name}": one for name, one in _EACH.items() for by in ("knn", "linear")}
    | {"linear_c": Measure(0, inf, "none")},
    needs="multilabel",
    held_out=True,
)
def label_probe(space: EmbeddingSpace) -> Values:
    """How well each label is predicted, by k neighbours and by one logistic regression a label.

    The k gallery rows nearest to a query (all, if all are equal) say a label by the share of them that has it; it is
    predicted where half of them have it or more. The logistic regressions, see `fit_labels`, have an L2 penalty whose
    C (reported as ``linear_c``) is chosen for all labels at once; a label is predicted where its chance is 1/2 or more.
    One that all gallery rows have, or none, is predicted always, or never.

    Over query rows and labels: ``macro_f1`` is the mean of F1 = 2 TP / (2 TP + FP + FN) over the labels that a query
    row has; one that the gallery lacks counts as 0. ``micro_f1`` is F1 of all decisions together. ``map`` is the mean
    of the average precision of the query rows by the share or the logit, over the labels that rows of both query and
    gallery have; equal scores are one threshold; a row without any label is a negative of all. ``subset_accuracy`` is
    the share of rows with all labels right, ``hamming_loss`` the share of wrong decisions (Tsoumakas & Katakis, 2007).
    A measure of nothing is left out; all are where no label tells gallery rows apart.
    """
    truth, gallery = space.query.known > 0, space.gallery
    known = gallery.sample.known
    always, never = known.min(axis=0) > 0, known.max(axis=0) == 0
    varying = np.flatnonzero(~always & ~never)
    if not len(varying):
        return {}
    linear = gallery.once("label probe", lambda: fit_labels(gallery.sample.points, known[:, varying]))
    logit = np.where(always, _CERTAIN, -_CERTAIN)[None].repeat(len(truth), axis=0)
    logit[:, varying] = linear.logits(space.points)
    share, has = _shares(space), gallery.rows.known.max(axis=0) > 0
    found: dict[str, float | NDArray[np.float64] | Linearised | None] = {"linear_c": linear.c}
    for by, score, least in (("knn", share, 0.5), ("linear", logit, 0.0)):
        said = score >= least
        found |= {
            f"{by}_macro_f1": label_macro_f1(said, truth),
            f"{by}_micro_f1": label_micro_f1(said, truth),
            f"{by}_map": mean_average_precision(score, truth, has),
            f"{by}_subset_accuracy": (said == truth).all(axis=1).astype(np.float64),
            f"{by}_hamming_loss": (said != truth).mean(axis=1),
        }
    return {name: value for name, value in found.items() if value is not None}


def _shares(space: EmbeddingSpace) -> Floats:
    """Share of each query's k neighbours that have each label, ``(query rows, labels)``."""
    known = space.gallery.rows.known
    if space.gallery.is_one_point:
        return np.tile(known.mean(axis=0), (len(space.query), 1))
    near = space.neighbors(space.protocol.neighbors)
    count = np.zeros((len(near), known.shape[1]), np.int64)
    for column in near.T:  # one at a time: all at once would be k times as large
        count += known[column]
    share: Floats = count / near.shape[1]
    return share
