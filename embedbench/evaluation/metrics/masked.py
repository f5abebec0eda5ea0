"""How well a self-supervised model predicts what is hidden of the query rows."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from embedbench.evaluation.metrics.base import family
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_MEASURES = {
    "loss": Measure(0, inf, "lower"),
    "baseline": Measure(0, inf, "none"),
    "accuracy": Measure(0, 1, "higher"),
}


@family("masked", _MEASURES, needs="none", live=False)
def masked(space: EmbeddingSpace) -> dict[str, float]:
    """Means over all hidden elements of the query rows; left out for models that hide nothing.

    What is hidden of a row depends on its number and the suite's seed alone. An element is a column, a pixel or a
    token; ``loss`` is its squared error, in the units that the model's notes name, or where it is a choice the
    cross-entropy in nats: the sum over all rows' hidden elements over their number. ``baseline`` is the same loss of a
    prediction that knows only the train rows' marginals: the mean, or how often each choice occurs. ``accuracy`` is the
    share of hidden choices whose likeliest prediction is right; left out where no choice is hidden.
    """
    said = {name: float(values.sum()) for name, values in space.query.scores.get("masked", {}).items()}
    if not said or not said["hidden"]:
        return {}
    found = {name: said[name] / said["hidden"] for name in ("loss", "baseline")}
    return {**found, "accuracy": said["right"] / said["choices"]} if said["choices"] else found
