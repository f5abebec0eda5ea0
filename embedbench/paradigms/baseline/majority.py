"""One point for all rows: what the labels alone are worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from embedbench.paradigms.base import Paradigm, need_target
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import DataSpec


class Majority(Paradigm):
    """Embeds every row as 0, so that a probe can predict no more than the commonest class, or the mean target.

    Of several labels a row it predicts those that half of the rows have or more.

    Source: ZeroR (Holte, 1993); scikit-learn's DummyClassifier and DummyRegressor.

    Args:
        spec: Of labelled data.

    Raises:
        UsageError: If the data have no labels.
    """

    kind = "baseline"
    fitting = "none"
    constant = True

    def __init__(self, spec: DataSpec) -> None:
        need_target("majority", spec, "classes", "real", "multilabel")
        super().__init__(spec, 1)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec | None:
        """None: it doesn't look at its input."""
        del arguments
        return None

    def embed(self, x: Tensor) -> Tensor:
        """``(batch, ...) -> (batch, 1)``."""
        return torch.zeros(len(x), 1, device=x.device)
