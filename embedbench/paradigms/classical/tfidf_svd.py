"""Latent semantic analysis: the principal components of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfTransformer
from torch import Tensor, nn
from torch.nn.functional import normalize

from embedbench.arguments.hints import PositiveInt, Range
from embedbench.errors import RunError
from embedbench.paradigms.base import need_texts
from embedbench.paradigms.corpus import corpus
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.solved import FullBatch
from embedbench.text.tokenizer_spec import TokenizerSpec, Words
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import DataSpec


class TfidfSVD(FullBatch):
    """Truncated SVD of the tf-idf weights of words, rows of length 1 (Deerwester et al., 1990; weights: Salton, 1988).

    A word that occurs c > 0 times in a text weighs (1 + ln c) · (ln((1 + n)/(1 + df)) + 1), n being the train texts and
    df those that hold the word; weights are L2-normalised before the SVD and embeddings after it, as scikit-learn does.
    A text without a known word is embedded as zeros.

    Args:
        spec: Of texts that were read.
        latent_dim: Number of components; the data's default if not given, of which those beyond the words are 0.
        min_df: Fewest train texts that a word has to occur in, 1 or more.
        max_df: Largest share of the train texts that it may occur in, in (0, 1].
        max_features: Most words, the most frequent ones, 1 or more.
        stop_words: Words to leave out: scikit-learn's English ones, or none.

    Raises:
        UsageError: If an argument is out of its range, or there are fewer words than components.
    """

    kind = "classical"

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        min_df: PositiveInt = 2,
        max_df: Annotated[float, Range(gt=0, le=1)] = 0.5,
        max_features: PositiveInt = 20_000,
        stop_words: Literal["english", "none"] = "english",
    ) -> None:
        need_texts("tfidf_svd", spec)
        super().__init__(spec, latent_dim)
        self.may_shrink = latent_dim is None
        self.min_df, self.max_df, self.max_features, self.stop_words = min_df, max_df, max_features, stop_words
        self.vocabulary = Vocabulary(spec.vocabulary)
        self.components = nn.Parameter(torch.zeros(self.vocabulary.size, self.latent_dim))

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """All words: which of them count follows from their document frequencies."""
        return Words()

    def prepare_fit(self, rows: FitRows) -> None:
        """Solves for the train texts."""
        self.solve(*corpus(rows.train, self.vocabulary.pad))

    def solve(self, ids: NDArray[np.int32], starts: NDArray[np.int64]) -> None:
        """Chooses words, weighs them and finds the components; the texts are those of ``corpus``."""
        ones = np.ones(len(ids), np.float64)
        shape = len(starts) - 1, self.vocabulary.size
        counts = sparse.csr_array((ones, ids, starts), shape=shape, copy=True)  # it adds up in place
        counts.sum_duplicates()
        chosen = self._chosen(counts)
        most = min(len(chosen), len(starts) - 1) - 1
        dim = min(self.latent_dim, most) if self.may_shrink else self.latent_dim
        if not 0 < dim <= most:
            raise RunError(
                f"{self.latent_dim} components need more than the {len(chosen)} words and {len(starts) - 1} texts that "
                "count; lower --model.latent_dim or --model.min_df."
            )
        weigh = TfidfTransformer(sublinear_tf=True)
        weights = weigh.fit_transform(counts[:, chosen])
        # Exact, where the default's random projections give other axes with each seed and order of words.
        svd = TruncatedSVD(dim, algorithm="arpack", random_state=0).fit(weights)
        found = svd.components_ * weigh.idf_  # (dim, chosen words): the idf of a word goes with it
        if dim < self.latent_dim:
            self.notes.append(f"{dim} of {self.latent_dim} components, for {len(chosen)} words count: the others are 0")
        with torch.no_grad():
            self.components[torch.from_numpy(chosen), :dim] = torch.from_numpy(found.T).to(self.components)

    def embed(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length) -> (batch, dim)``, rows of length 1."""
        rows = torch.arange(len(x), device=x.device)[:, None].expand_as(x)
        pairs, counts = torch.unique(rows * self.vocabulary.size + x, return_counts=True)  # (words of a row, all rows,)
        row, word = pairs // self.vocabulary.size, pairs % self.vocabulary.size
        # The length of the row of weights cancels when the embedding is brought to length 1.
        weighted = self.components[word] * (1 + counts.log())[:, None].to(self.components)
        return normalize(torch.zeros(len(x), self.latent_dim, device=x.device).index_add_(0, row, weighted))

    def _chosen(self, counts: sparse.csr_array) -> NDArray[np.int64]:
        """Ids of the words that count, rising."""
        present = np.bincount(counts.indices, minlength=self.vocabulary.size)
        usable = (present >= self.min_df) & (present <= self.max_df * counts.shape[0])
        usable[self.vocabulary.special] = False
        if self.stop_words == "english":
            usable &= np.array([word not in ENGLISH_STOP_WORDS for word in self.vocabulary.words])
        total = np.bincount(counts.indices, counts.data, self.vocabulary.size)
        found = np.flatnonzero(usable)
        return np.sort(found[np.argsort(-total[found], kind="stable")][: self.max_features])
