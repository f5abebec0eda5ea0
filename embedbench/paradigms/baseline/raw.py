"""The input itself: the floor that any embedding has to beat."""

from __future__ import annotations

from torch import Tensor

from embedbench.paradigms.base import Paradigm
from embedbench.types import DataSpec


class Raw(Paradigm):
    """The identity: the flattened input is its own embedding.

    Args:
        spec: Of the data.
    """

    kind = "baseline"
    fitting = "none"
    is_input = True

    def __init__(self, spec: DataSpec) -> None:
        super().__init__(spec, spec.features)

    def embed(self, x: Tensor) -> Tensor:
        """``(batch, *shape) -> (batch, features)``."""
        return x.flatten(1)
