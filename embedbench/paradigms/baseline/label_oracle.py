"""The label itself as embedding: the ceiling of every label metric, a check of the suite and not a competitor."""

from __future__ import annotations

import torch
from torch import Tensor

from embedbench.paradigms.base import Paradigm, need_target
from embedbench.types import DataSpec


class LabelOracle(Paradigm):
    """One-hot classes, 0 and 1 of several labels a row, or a real label as the only coordinate.

    It sees the labels that it is scored against.

    Args:
        spec: Of labelled data.

    Raises:
        UsageError: If the data have no labels.
    """

    kind = "baseline"
    fitting = "none"
    sees = "label"

    def __init__(self, spec: DataSpec) -> None:
        need_target("label_oracle", spec, "classes", "real", "multilabel")
        super().__init__(spec, spec.n_classes or 1)

    def embed(self, x: Tensor) -> Tensor:
        """Classes ``(batch,)`` to ``(batch, classes)``, real labels to ``(batch, 1)``, several a row as they are."""
        if self.spec.target == "classes":
            return torch.nn.functional.one_hot(x, self.latent_dim)
        return x.reshape(len(x), self.latent_dim)
