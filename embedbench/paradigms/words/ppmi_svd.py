"""Word vectors in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedbench.arguments.hints import ClosedUnitInterval, PositiveInt, Range
from embedbench.paradigms.base import need_texts
from embedbench.paradigms.corpus import corpus
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.solved import FullBatch
from embedbench.paradigms.words.cooccurrence import cooccurrences
from embedbench.paradigms.words.ppmi import factorise, ppmi
from embedbench.paradigms.words.word_table import Weighting, WordModel, WordTable, dim_note, fitting_dim
from embedbench.text.tokenizer_spec import TokenizerSpec, Words
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import DataSpec


class PpmiSVD(FullBatch, WordModel):
    """Truncated SVD of the positive pointwise mutual information of words and their neighbours (Levy & Goldberg, 2014).

    Nearer neighbours count for more and the frequency of contexts is smoothed (Levy, Goldberg & Dagan, 2015). A
    document is embedded as a weighted mean of its words' vectors.

    Args:
        spec: Of texts that were read.
        latent_dim: Size of a vector, below the number of words; the data's default if not given.
        window: Largest distance of neighbours, in words, 1 or more.
        min_count: How often a word has to occur in the train texts, 1 or more.
        smoothing: Power of the context's frequency, in (0, 1].
        power: Of the singular values that weigh the axes, in [0, 1].
        weighting: Of the words of a document: their plain mean, or "sif" (Arora et al., 2017).

    Raises:
        UsageError: If an argument is out of its range, or there are too few words.
    """

    kind = "classical"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        window: PositiveInt = 5,
        min_count: PositiveInt = 5,
        smoothing: Annotated[float, Range(gt=0, le=1)] = 0.75,
        power: ClosedUnitInterval = 0.0,
        weighting: Weighting = "sif",
    ) -> None:
        need_texts("ppmi_svd", spec)
        vocabulary = Vocabulary(spec.vocabulary)
        super().__init__(spec, fitting_dim(spec, vocabulary) if latent_dim is None else latent_dim)
        self.notes += dim_note(latent_dim, self.latent_dim, spec)
        self.window, self.smoothing, self.power = window, smoothing, power
        self.vocabulary = vocabulary
        self.table = WordTable(self.vocabulary, self.latent_dim, weighting)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """Words that are frequent enough."""
        return Words(arguments["min_count"])

    def prepare_fit(self, rows: FitRows) -> None:
        """Solves for the train texts."""
        self.solve(*corpus(rows.train, self.vocabulary.pad))

    def solve(self, ids: NDArray[np.int32], starts: NDArray[np.int64]) -> None:
        """Counts neighbours and factorises; the texts are those of ``corpus``."""
        known = ~np.isin(ids, self.vocabulary.special)  # as if unknown words weren't there
        offsets = np.concatenate([[0], np.cumsum(known)])[starts]
        counts = cooccurrences(ids[known], offsets, self.vocabulary.size, self.window)
        vectors, _ = factorise(ppmi(counts, self.smoothing, 1.0), self.latent_dim, self.power, seed=0)
        with torch.no_grad():
            self.table.vectors.copy_(torch.from_numpy(vectors))
        cuts = torch.from_numpy(ids.astype(np.int64)).tensor_split(torch.from_numpy(starts[1:-1]))
        self.table.remove_common(document[None] for document in cuts if len(document))

    def embed(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length) -> (batch, dim)``."""
        found: Tensor = self.table(x)
        return found
