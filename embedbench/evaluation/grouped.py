"""Internal indices of a space's query rows by class or by cluster: found in one pass where both are asked for."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from embedbench.neighbors import internal_indices as engine
from embedbench.neighbors.internal_indices import Indices, Integers, internal_indices
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_CLASSES = "internal indices of classes"
INTERNAL = {
    "silhouette": Measure(-1, 1, "higher"),
    "silhouette_se": Measure(0, inf, "none"),
    "calinski_harabasz": Measure(0, inf, "higher"),
    "davies_bouldin": Measure(0, inf, "lower"),
}


def of_classes(space: EmbeddingSpace) -> Indices:
    """`internal_indices` of the query rows by their class, which `of_clusters` may have found already."""
    found = space.once(_CLASSES, lambda: internal_indices(space.query_rows, {_CLASSES: space.query.known})[_CLASSES])
    return _noted(space, "classes", found)


def of_clusters(space: EmbeddingSpace, cluster: Integers) -> Indices:
    """The same by clusters ``(rows,)``; that by class is found in the same pass and kept."""
    groups = {"clusters": cluster} if space.made(_CLASSES) else {"clusters": cluster, _CLASSES: space.query.known}
    found = internal_indices(space.query_rows, groups)
    if _CLASSES in found:
        space.once(_CLASSES, lambda: found[_CLASSES])
    return _noted(space, "clusters", found["clusters"])


def _noted(space: EmbeddingSpace, groups: str, found: Indices) -> Indices:
    """What was found, with a note if it is of a sample; of several seeds' clusters, of the first one's error."""
    if "silhouette_se" in found:
        space.remarks.setdefault(
            f"silhouette of {groups}",
            f"the silhouette of {groups} is the mean over {engine.SAMPLE} random query rows of the {len(space.query)}, "
            f"each among all rows, ± {found['silhouette_se']:.2g} (standard error)",
        )
    return found
