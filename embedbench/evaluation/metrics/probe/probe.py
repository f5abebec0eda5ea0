"""How much a simple reader gets out of the embedding: nearest neighbours and a linear model."""

from __future__ import annotations

from math import inf, ldexp
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.probe.class_scores import balanced_accuracy, judge, macro_f1
from embedbench.evaluation.metrics.probe.logistic import fit_logistic
from embedbench.evaluation.metrics.probe.real_scores import real_scores
from embedbench.neighbors.normaliser import Normaliser
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace, Gallery

_UNIT = Measure(0, 1, "higher")
_LOSS = Measure(0, inf, "lower")
_CLASS = {
    "knn_accuracy": _UNIT,
    "linear_accuracy": _UNIT,
    "knn_balanced_accuracy": _UNIT,
    "linear_balanced_accuracy": _UNIT,
    "knn_macro_f1": _UNIT,
    "linear_macro_f1": _UNIT,
    "log_loss": _LOSS,
    "brier": Measure(0, 2, "lower"),
    "linear_c": Measure(0, inf, "none"),
}
_REAL = {"r2": Measure(-inf, 1, "higher"), "mae": _LOSS, "rmse": _LOSS, "spearman": Measure(-1, 1, "higher")}


@family("probe", _CLASS, needs="classes", held_out=True)
def class_probe(space: EmbeddingSpace) -> Values:
    """How well classes are predicted, by a vote of k neighbours and by logistic regression.

    The k gallery rows nearest to a query vote with one voice each; of equal counts the smallest class number wins. All
    gallery rows vote if all are equal. Logistic regression is multinomial, of features standardised on the gallery,
    with an L2 penalty whose C (reported as ``linear_c``) is chosen of .001, .01, .1, 1 and 10 by cross-validation on
    the gallery, see `fit_logistic`.

    Accuracy is the share of query rows that are right; a query whose class the gallery lacks counts as wrong; if it
    lacks all of them there is nothing to predict, and no value. Where classes are unbalanced it says little: balanced
    accuracy is the mean over the query's classes of the share of their rows that are right (their recall), 1 / classes
    for whoever always says one class; macro-F1 the mean over the same classes of F1 = 2 TP / (2 TP + FP + FN).

    ``log_loss`` and ``brier`` judge the probabilities of the logistic regression, as means over query rows: −log of
    that of the row's class, in nats, left out where the gallery lacks the class of a query; and the sum over classes
    of squared differences from 1 for the row's class and 0 for others (Brier, 1950).
    """
    truth, gallery = space.query.known, space.gallery
    sample = gallery.sample
    linear = gallery.once("linear probe", lambda: fit_logistic(sample.points, sample.known))
    judged = judge(linear, space.points, truth)
    if gallery.is_one_point:
        near = np.full(len(truth), vote(gallery.rows.known[None]))
    else:
        near = vote(gallery.rows.known[space.neighbors(space.protocol.neighbors)])
    found: dict[str, Any] = {
        "knn_accuracy": near == truth,
        "linear_accuracy": judged.predicted == truth,
        "knn_balanced_accuracy": balanced_accuracy(near, truth),
        "linear_balanced_accuracy": balanced_accuracy(judged.predicted, truth),
        "knn_macro_f1": macro_f1(near, truth),
        "linear_macro_f1": macro_f1(judged.predicted, truth),
        "brier": judged.brier,
        "linear_c": linear.c,
    }
    return {**found, "log_loss": judged.log_loss} if np.isfinite(judged.log_loss).all() else found


@family("probe", {f"{by}_{name}": one for name, one in _REAL.items() for by in ("knn", "linear")}, needs="real")
def real_probe(space: EmbeddingSpace) -> Values:
    """How well real targets are predicted, by the mean of k neighbours and by ridge regression.

    Ridge regression (penalty 1) is fitted to features standardised on the gallery; the neighbours are all gallery rows
    if all are equal. Over the query rows: R², the coefficient of determination, 1 where perfect and 0 where as good as
    the mean of the query's targets, which is what a constant target gives unless it is met exactly; the mean absolute
    error and the root of the mean squared error, both in the target's unit; Spearman's ρ of predictions and targets,
    with mean ranks of ties, left out where either are all one. All are left out for a single query.
    """
    normaliser = Normaliser.of(space.gallery.rows.known[:, None])  # R² is the same in any unit and from any origin
    truth, known = (
        normaliser.normalise(rows.known[:, None])[:, 0].astype(np.float64) for rows in (space.query, space.gallery.rows)
    )
    if len(truth) < 2:
        return {}
    if space.gallery.is_one_point:
        near = np.full(len(truth), known.mean())
    else:
        near = known[space.neighbors(space.protocol.neighbors)].mean(axis=1)
    predicted = _ridge(space.gallery, normaliser).predict(space.points.astype(np.float64))
    unit = ldexp(1.0, normaliser.exponent)
    both = {"knn": near, "linear": predicted}
    found = {by: real_scores(truth, one, unit) for by, one in both.items()}
    return {f"{by}_{name}": value for by, scores in found.items() for name, value in scores.items()}


def vote(label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Most frequent class of each row's k, the smallest of equally frequent ones, int64 ``(rows,)``.

    >>> vote(np.array([[2, 1, 2], [5, 3, 4]])).tolist()
    [2, 3]
    """
    ordered = np.sort(label, axis=1)
    count = np.zeros(ordered.shape, np.int32)
    for column in ordered.T:
        count += ordered == column[:, None]
    return cast("NDArray[np.int64]", ordered[np.arange(len(ordered)), count.argmax(axis=1)])


def _ridge(gallery: Gallery, normaliser: Normaliser) -> Any:
    """A linear model of the normalised target, fitted once for each gallery, in float64."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fitted() -> Any:
        points, label = (
            gallery.sample.points.astype(np.float64),
            normaliser.normalise(gallery.sample.known[:, None])[:, 0],
        )
        return make_pipeline(StandardScaler(), Ridge(alpha=1.0)).fit(points, label)

    return gallery.once("ridge", fitted)
