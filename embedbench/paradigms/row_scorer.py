"""What some models can say of single rows beside embedding them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor


class RowScorer(ABC):
    """A model that gives each row scores, which a metric family summarises.

    Attributes:
        family: Name of that metric family.
    """

    family: ClassVar[str]

    @abstractmethod
    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """What the model says of each row, by name, each float64 ``(batch,)``; the metric family says which names.

        Args:
            x: ``(batch, *shape)``.
            index: The rows' numbers, ``(batch,)``: a row draws the same noise in any batch and on any rank.
            samples: Draws a row, 1 or more, where an expectation has no closed form.
            seed: Of the draws.
        """

    @property
    def scale(self) -> str:
        """What its scores are measured on, such as "density over 64 features": those on other scales don't compare.

        Empty if all models of the family share one.
        """
        return ""

    @abstractmethod
    def remarks(self, samples: int) -> list[str]:
        """What a reader of the scores with so many samples should know, one sentence each."""
