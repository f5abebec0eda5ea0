"""Whether single latent coordinates stand for the known factors that made the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.metrics.base import family
from embedbench.neighbors.normaliser import Normaliser, Real
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_BINS = 20
_TREES = 50
_DEPTH = 12
_ROWS = 10_000  # of the gallery that the forests learn from: more cost time and change little
_MEASURES = {name: Measure(0, 1, "higher") for name in ("mig", "dci", "dci_completeness", "dci_informativeness")}

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@family("disentanglement", _MEASURES, needs="none", live=False)
def disentanglement(space: EmbeddingSpace) -> dict[str, float]:
    """Mutual information gap and DCI, for data whose factors are known; left out for others.

    ``mig`` is of the query rows, see `mutual_information_gap`. For DCI a random forest of 50 trees of depth 12 learns
    each factor, as a class, from the first 10,000 gallery rows: ``dci_informativeness`` is the mean over factors of its
    accuracy on the query rows; ``dci`` (disentanglement) and ``dci_completeness`` follow from its importances, see
    `dci`. Factors that have a single value are left out.
    """
    rows, query = space.gallery.rows, space.query
    if rows.factors is None or query.factors is None:
        return {}
    normaliser = Normaliser.of(rows.z)  # scikit-learn's trees see float32
    gallery_z, query_z = normaliser.normalise(rows.z[:_ROWS]), normaliser.normalise(query.z)
    gallery_factors = rows.factors[:_ROWS]
    varied = np.flatnonzero((np.ptp(gallery_factors, axis=0) > 0) & (np.ptp(query.factors, axis=0) > 0))
    if not len(varied):
        return {}

    from sklearn.ensemble import RandomForestClassifier

    known = query.factors[:, varied]
    importance, accuracy = np.empty((query.dim, len(varied))), []
    for column, factor in enumerate(varied):
        forest = RandomForestClassifier(_TREES, max_depth=_DEPTH, random_state=space.protocol.seed, n_jobs=-1)
        forest.fit(gallery_z, gallery_factors[:, factor])
        importance[:, column] = forest.feature_importances_
        accuracy.append(float((forest.predict(query_z) == known[:, column]).mean()))
    separate, complete = dci(importance)
    return {
        "mig": mutual_information_gap(query.z, known),
        "dci": separate,
        "dci_completeness": complete,
        "dci_informativeness": float(np.mean(accuracy)),
    }


def mutual_information_gap(z: Real, factors: Integers) -> float:
    """Mean over factors v of (I(z_a; v) − I(z_b; v)) / H(v), a and b its two most informative coordinates (Chen, 2018).

    Coordinates are discretised into 20 bins of equal width between their extremes (Locatello et al., 2019); with a
    single coordinate, the second is taken to know nothing. In [0, 1].

    Args:
        z: ``(rows, dim)``.
        factors: Value numbers, 0 or more, ``(rows, factors)``, each factor of two values or more.
    """
    codes = np.stack([_binned(column) for column in z.T.astype(np.float64)])  # (dim, rows)
    gaps = []
    for factor in factors.T:
        known = np.sort([mutual_information(code, factor) for code in codes] + [0.0])[::-1]
        gaps.append((known[0] - known[1]) / mutual_information(factor, factor))
    return float(np.mean(gaps))


def mutual_information(one: Integers, other: Integers) -> float:
    """I(one; other) of two columns of value numbers, each 0 or more, in nats; of a column with itself its entropy."""
    joint = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(joint, (one, other), 1 / len(one))
    seen = joint > 0
    alone = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return float((joint[seen] * np.log(joint[seen] / alone[seen])).sum())


def dci(importance: Floats) -> tuple[float, float]:
    """Disentanglement and completeness, each in [0, 1] (Eastwood & Williams, 2018).

    Disentanglement is the mean over coordinates, weighted by their share of all importance, of 1 − H(P), P being the
    coordinate's importances for the factors over their sum, H in units of log(factors). Completeness is the mean over
    factors of 1 − H(P) with P the shares of the coordinates, in units of log(dim). With a single one to choose from,
    H is 0.

    Args:
        importance: 0 or more, ``(dim, factors)``.
    """
    share = importance.sum(1) / importance.sum()
    separate = float((share * (1 - _entropy(importance))).sum())
    return separate, float((1 - _entropy(importance.T)).mean())


def _entropy(parts: Floats) -> Floats:
    """Entropy of each row's shares, in units of its maximum; 1 for a row of zeros."""
    if parts.shape[1] == 1:
        return np.zeros(len(parts))
    total = parts.sum(1, keepdims=True)
    share = np.where(total > 0, parts / np.where(total > 0, total, 1), 1 / parts.shape[1])
    logs = np.log(np.where(share > 0, share, 1))
    entropy: Floats = -(share * logs).sum(1) / np.log(parts.shape[1])
    return np.clip(entropy, 0, 1)


def _binned(column: Floats) -> Integers:
    low, high = column.min(), column.max()
    width = (high - low) / _BINS or 1.0
    code: Integers = np.minimum((column - low) / width, _BINS - 1).astype(np.int64)
    return code
