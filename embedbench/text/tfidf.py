"""Texts as the weights of their words, the input space that embeddings of texts are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from embedbench.cache import Tables, cached, digest
from embedbench.code_state import versions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SETTINGS = {"sublinear_tf": True, "min_df": 2, "max_df": 0.5, "max_features": 20_000, "stop_words": "english"}


def tfidf(train: list[str], others: Mapping[str, list[str]]) -> dict[str, csr_array]:
    """Rows of length 1 for other texts than those that say which words count and how much; cached by content.

    Words and weights are those of the model ``tfidf_svd`` by default: of two characters or more and in at least 2 and
    at most half of the train texts, the 20,000 most frequent of them, without scikit-learn's English stop words.

    Args:
        train: The train texts.
        others: Further texts by the name of their split.

    Returns:
        float64 ``(rows, words)`` for each split, a row of zeros for a text without a known word; empty if no word of
        the train texts counts.
    """
    from scipy.sparse import csr_array

    texts = [digest(train), *(digest([name, *some]) for name, some in others.items())]
    key = digest([repr(_SETTINGS), *versions("scikit-learn"), *texts])
    found = cached("tfidf", key, lambda: _tables(train, others))
    if not found:
        return {}
    shape = int(found["words"][0])
    parts = {name: [found[f"{name}_{part}"] for part in ("data", "indices", "indptr")] for name in others}
    return {name: csr_array(tuple(part), shape=(len(others[name]), shape)) for name, part in parts.items()}


def _tables(train: list[str], others: Mapping[str, list[str]]) -> Tables:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    weigh = TfidfVectorizer(**_SETTINGS)
    try:
        weigh.fit(train)
    except ValueError:  # no word is left
        return {}
    made: Tables = {"words": np.array([len(weigh.vocabulary_)])}
    for name, texts in others.items():
        rows = weigh.transform(texts)
        made |= {f"{name}_data": rows.data, f"{name}_indices": rows.indices, f"{name}_indptr": rows.indptr}
    return made
