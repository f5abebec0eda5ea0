"""How well the true classes are separated, without any clustering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedbench.evaluation.grouped import INTERNAL, of_classes
from embedbench.evaluation.metrics.base import Values, family

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace


@family("separation", INTERNAL, needs="classes")
def separation(space: EmbeddingSpace) -> Values:
    """Silhouette, Calinski-Harabasz and Davies-Bouldin index of the query rows grouped by class.

    Averaged over query rows (silhouette) or classes (Davies-Bouldin); left out if the query has a single class, or
    only classes of one row. The silhouette is of all query rows up to 100,000; of more, of 20,000 random ones, each
    among all rows, with ``silhouette_se``, the standard error of their mean as that of all.
    """
    return of_classes(space)
