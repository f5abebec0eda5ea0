"""Scores word vectors by what people say of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.evaluation.word_tests import Question, WordPairs

_BLOCK = 20_000_000  # similarities held at a time (80 MB)
Floats = NDArray[np.float32]


class Scored(NamedTuple):
    """Result of one test.

    Attributes:
        score: Higher is better; NaN if it is undefined for want of known words.
        found: How many pairs or questions have all their words in the vocabulary: the score is of these.
        total: How many there are.
    """

    score: float
    found: int
    total: int


def word_similarity(vectors: Floats, words: Sequence[str], pairs: WordPairs) -> Scored:
    """Spearman's ρ of cosine and judged similarity, in [−1, 1]; ties get their mean rank.

    Upper and lower case are one, the first of several such words stands for all; a vector of zeros has cosine 0.

    Args:
        vectors: float32 ``(words, dim)``.
        words: What each vector stands for.
        pairs: Judged by people.
    """
    from scipy.stats import spearmanr

    places, known = _places(words, pairs.words, 2)
    unit = _normalised(vectors)
    cosine = np.einsum("ij,ij->i", unit[places[:, 0]], unit[places[:, 1]])
    judged = pairs.judged[known]
    varied = len(judged) > 1 and judged.min() < judged.max() and np.ptp(cosine) > 0
    score = float(spearmanr(judged, cosine).statistic) if varied else float("nan")
    return Scored(score, len(places), len(pairs.words))


def word_analogies(vectors: Floats, words: Sequence[str], questions: Sequence[Question]) -> Scored:
    """Share of analogies a : b = c : d solved by the word nearest to b − a + c, in [0, 1] (Mikolov et al., 2013).

    Nearest by cosine, of vectors of length 1 and among the whole vocabulary without a, b and c (3CosAdd, Levy &
    Goldberg, 2014); of equally near words the first counts. Case as in `word_similarity`.

    Args:
        vectors: float32 ``(words, dim)``.
        words: What each vector stands for.
        questions: Of (a, b, c, d).
    """
    places, _ = _places(words, questions, 4)
    unit = _normalised(vectors)
    step = max(1, _BLOCK // max(1, len(unit)))
    right = 0
    for start in range(0, len(places), step):
        a, b, c, d = places[start : start + step].T  # each (batch,)
        near = (unit[b] - unit[a] + unit[c]) @ unit.T  # (batch, words)
        for given in (a, b, c):
            near[np.arange(len(near)), given] = -np.inf
        right += int((near.argmax(1) == d).sum())
    return Scored(right / len(places) if len(places) else float("nan"), len(places), len(questions))


def _places(
    words: Sequence[str], tuples: Iterable[tuple[str, ...]], size: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Numbers of the words of each tuple that is known throughout ``(found, size)``, and which these are ``(all,)``."""
    # The last to write a key stays, so from behind: the first of several cases of a word.
    number = {words[i].lower(): i for i in reversed(range(len(words)))}
    numbers = [[number.get(word.lower(), -1) for word in one] for one in tuples]
    places = np.array(numbers, dtype=np.int64).reshape(-1, size)
    known: NDArray[np.bool_] = np.all(places >= 0, axis=1)
    return places[known], known


def _normalised(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)
