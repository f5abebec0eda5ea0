"""Word vectors: each word predicts the words around it."""

from __future__ import annotations

from embedbench.hints import PositiveFloat, PositiveInt
from embedbench.paradigms.words.sgd import Objective
from embedbench.paradigms.words.word_descent import WordDescent
from embedbench.paradigms.words.word_table import Weighting
from embedbench.types import DataSpec


class SkipGram(WordDescent):
    """Negative sampling: each word predicts the words around it (Mikolov et al., 2013).

    A document is embedded as a weighted mean of its words' vectors.

    Args:
        spec: Of texts that were read.
        latent_dim: See ``WordDescent``, as for the arguments after it.
        window: See there.
        min_count: How often a word has to occur in the train texts, 1 or more.
        negatives: See there.
        subsample: See there.
        weighting: See there.
        lr: See there.
    """

    objective: Objective = "skip_gram"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        window: PositiveInt = 5,
        min_count: PositiveInt = 5,
        negatives: PositiveInt = 5,
        subsample: PositiveFloat = 1e-3,
        weighting: Weighting = "sif",
        lr: PositiveFloat = 0.025,
    ) -> None:
        super().__init__(spec, latent_dim, window, negatives, subsample, weighting, lr)
