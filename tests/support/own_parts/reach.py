"""A metric family as its user writes one, outside of the package."""

import numpy as np

from embedbench.evaluation.metrics.base import family
from embedbench.types import Measure

_NEIGHBORS = 10


@family("reach", {"gallery": Measure(0, 1, "higher")}, needs="none")
def reach(space):
    """Share of the gallery's rows that are among the 10 nearest of a query: hubs leave the others unseen."""
    found = np.unique(space.neighbors(_NEIGHBORS))
    return {"gallery": len(found) / len(space.gallery.rows)}
