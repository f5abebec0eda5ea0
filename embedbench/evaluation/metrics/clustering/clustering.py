"""How well clusters find the classes again: the model's own, else those of k-means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.grouped import INTERNAL, of_clusters
from embedbench.evaluation.metrics.base import Values, family
from embedbench.evaluation.metrics.clustering.contingency import Contingency
from embedbench.neighbors import k_means
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_UNIT = Measure(0, 1, "higher")
_MEASURES = {
    "nmi": _UNIT,
    "ami": Measure(-1, 1, "higher"),
    "ari": Measure(-0.5, 1, "higher"),
    "v_measure": _UNIT,
    "homogeneity": _UNIT,
    "completeness": _UNIT,
    "accuracy": _UNIT,
    **INTERNAL,
}


@family("clustering", _MEASURES, needs="classes", seeded=True)
def clustering(space: EmbeddingSpace) -> Values:
    """The model's own clusters of the query; of a model that gives none, those of k-means.

    K-means has as many clusters as the gallery has classes, is fitted on the gallery and assigned to the query; of
    query rows that are searched among themselves it is fitted to these, by the number of their classes.
    Over query rows, cluster against class: normalised mutual information (arithmetic mean of the entropies; not
    corrected for chance), adjusted mutual information (Vinh et al., 2010), adjusted Rand index (Hubert & Arabie,
    1985), V-measure with homogeneity and completeness (Rosenberg & Hirschberg, 2007), accuracy of the best one-to-one
    naming of clusters by classes. Silhouette and the like judge the clusters without the classes; they are left out
    where the query falls into a single cluster. The silhouette of more than 100,000 query rows is that of a sample, as
    in `separation` and of the same rows.
    """
    cluster = _kmeans(space) if space.query.clusters is None else space.query.clusters
    return {**Contingency.of(space.query.known, cluster).indices(), **of_clusters(space, cluster)}


def _kmeans(space: EmbeddingSpace) -> NDArray[np.int64]:
    """Cluster of each query row, ``(query rows,)``."""
    protocol = space.protocol
    k = len(np.unique(space.gallery.rows.known))
    centroids = space.gallery.of_points.once(
        ("kmeans", k, protocol.kmeans_restarts, protocol.seed),
        lambda: k_means.kmeans(space.gallery.sample.points, k, protocol.kmeans_restarts, protocol.seed),
    )
    return k_means.assign(centroids, space.points)
