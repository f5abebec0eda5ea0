"""How much a simple reader gets out of the embedding: nearest neighbours and a linear model."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.probe.logistic import fit_logistic
from embedbench.neighbors.normaliser import Normaliser
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace, Gallery

_UNIT = Measure(0, 1, "higher")
_R2 = Measure(-inf, 1, "higher")


@family(
    "probe",
    {"knn_accuracy": _UNIT, "linear_accuracy": _UNIT, "linear_c": Measure(0, inf, "none")},
    needs="classes",
    held_out=True,
)
def class_probe(space: EmbeddingSpace) -> Values:
    """Shares of query rows whose class is predicted, by a vote of k neighbours and by logistic regression.

    The k gallery rows nearest to a query vote with one voice each; of equal counts the smallest class number wins.
    Logistic regression is multinomial, of features standardised on the gallery, with an L2 penalty whose C (reported as
    ``linear_c``) is chosen of .001, .01, .1, 1 and 10 by cross-validation on the gallery, see `fit`. A query whose
    class the gallery lacks counts as wrong; if it lacks all of them there is nothing to predict, and no value.
    """
    truth = space.query.known
    nearest = space.gallery.rows.known[space.neighbors(space.protocol.neighbors)]  # (query rows, k)
    sample = space.gallery.sample
    linear = space.gallery.once("linear probe", lambda: fit_logistic(sample.points, sample.known))
    return {
        "knn_accuracy": vote(nearest) == truth,
        "linear_accuracy": linear.predict(space.points) == truth,
        "linear_c": linear.c,
    }


@family("probe", {"knn_r2": _R2, "linear_r2": _R2}, needs="real")
def real_probe(space: EmbeddingSpace) -> dict[str, float]:
    """Coefficients of determination of a real target, by the mean of k neighbours and by ridge regression.

    Ridge regression (penalty 1) is fitted to features standardised on the gallery. 1 is perfect, 0 as good as the mean
    of the query's targets, which is what a constant target gives unless it is met exactly; left out for a single query.
    """
    from sklearn.metrics import r2_score

    normaliser = Normaliser.of(space.gallery.rows.known[:, None])  # R² is the same in any unit and from any origin
    truth, known = (normaliser.normalise(rows.known[:, None])[:, 0] for rows in (space.query, space.gallery.rows))
    if len(truth) < 2:
        return {}
    nearest = known[space.neighbors(space.protocol.neighbors)]  # (query rows, k)
    predicted = _ridge(space.gallery, normaliser).predict(space.points.astype(np.float64))
    return {
        "knn_r2": float(r2_score(truth, nearest.mean(axis=1))),
        "linear_r2": float(r2_score(truth, predicted)),
    }


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
