"""Word vectors, and documents as weighted means of them."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from embedbench.errors import UsageError
from embedbench.functional.word_mean import common_direction, smooth_inverse, without_direction, word_mean
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import DataSpec

Weighting = Literal["mean", "sif"]
_A = 1e-3  # of smooth inverse frequency: the authors' choice


class WordTable(nn.Module):
    """One vector for each word of a vocabulary.

    Args:
        vocabulary: Words and their counts.
        dim: Size of a vector, below the number of words; `fitting_dim` gives one that is.
        weighting: How a document is made of its words: their plain mean; or "sif": the mean weighted by smooth inverse
            frequency without what the train documents have in common (Arora et al., 2017).

    Attributes:
        vectors: ``(ids, dim)``; those of padding and unknown words are not used.

    Raises:
        UsageError: If there are too few words.
    """

    weight: Tensor

    def __init__(self, vocabulary: Vocabulary, dim: int, weighting: Weighting) -> None:
        super().__init__()
        number = vocabulary.size - len(vocabulary.special)
        if dim >= number:
            raise UsageError(
                f"`latent_dim` must be in [1, {number - 1}] for a vocabulary of {number} words, got {dim}; lower it."
            )
        self.pad, self.dim, self.sif = vocabulary.pad, dim, weighting == "sif"
        self.vectors = nn.Parameter(torch.zeros(vocabulary.size, dim))
        self.direction = nn.Parameter(torch.zeros(dim), requires_grad=False)
        counts = torch.from_numpy(vocabulary.counts)
        weight = smooth_inverse(counts, _A) if self.sif else torch.ones(len(counts))
        weight[vocabulary.special] = 0
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Documents as token ids ``(batch, length)`` to ``(batch, dim)``; zeros for one without a known word."""
        z = word_mean(self.vectors, x, self.pad, self.weight)
        return without_direction(z, self.direction) if self.sif else z

    @torch.no_grad()
    def remove_common(self, documents: Iterable[Tensor]) -> None:
        """Of ``sif``: leaves out what these train documents, batches of token ids, have in common."""
        if self.sif:
            outer = self.direction.new_zeros(self.dim, self.dim, dtype=torch.float64)
            for x in documents:
                z = word_mean(self.vectors, x.to(self.vectors.device), self.pad, self.weight).double()
                outer += z.T @ z
            self.direction.copy_(common_direction(outer))


def fitting_dim(spec: DataSpec, vocabulary: Vocabulary) -> int:
    """The data's latent size, or the largest that the words allow."""
    return max(1, min(spec.latent_dim, vocabulary.size - len(vocabulary.special) - 1))


def dim_note(asked: int | None, dim: int, spec: DataSpec) -> list[str]:
    """Says that the latent size isn't the usual one, if nobody asked for it and it isn't."""
    if asked is not None or dim >= spec.usual_latent_dim:
        return []
    return [f"latent size {dim} in place of {spec.usual_latent_dim}, for so few words or texts"]


class WordModel(ABC):
    """A model whose vectors of single words can be looked at.

    Attributes:
        table: Of the words in the model's vocabulary.
        vocabulary: The words.
    """

    table: WordTable
    vocabulary: Vocabulary

    def word_vectors(self) -> tuple[list[str], Tensor]:
        """The words, without padding and unknown, and their vectors on the CPU, ``(words, dim)``."""
        special = set(self.vocabulary.special)
        kept = [number for number in range(self.vocabulary.size) if number not in special]
        return [self.vocabulary.words[number] for number in kept], self.table.vectors.detach().cpu()[kept]
