"""How often words stand near each other, counted exactly: shards of documents are counted apart and added."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_CHUNK = 1 << 20  # tokens counted at a time: with a window of 5, about 150 MB of sorting
Integers = NDArray[np.integer[Any]]


def cooccurrences(tokens: Integers, offsets: Integers, words: int, window: int) -> sparse.csr_array:
    """Symmetric counts of pairs at most ``window`` tokens apart in one document, nearer pairs counting for more.

    Two tokens at distance d add ``window + 1 − d``, to both directions. That is ``window`` times the weight
    1 − (d − 1)/window, which a pair gets in expectation when the window is drawn uniformly from 1 to ``window``, as
    word2vec does (Levy, Goldberg & Dagan, 2015, section 3.1). Whole numbers, so that the counts of a corpus are the sum
    of the counts of any parts of it that cut no document, in any order.

    Args:
        tokens: Word numbers from 0 to ``words`` − 1, all documents one after another, ``(tokens,)``.
        offsets: Where each document starts, and the end of the last, ``(documents + 1,)``.
        words: Size of the vocabulary.
        window: Largest distance, 1 or more.

    Returns:
        int64 ``(words, words)``, sorted and without repeated entries.
    """
    counts = sparse.csr_array((words, words), dtype=np.int64)
    end = np.repeat(offsets[1:], np.diff(offsets))  # (tokens,): where the token's document ends
    for start in range(0, len(tokens), _CHUNK):
        stop = min(start + _CHUNK, len(tokens))
        keys = [_keys(tokens, end, start, stop, words, window, distance) for distance in range(1, window + 1)]
        counts = counts + _counted(np.concatenate(keys), words, window)
    return (counts + counts.T).tocsr()


def _keys(
    tokens: Integers, end: Integers, start: int, stop: int, words: int, window: int, distance: int
) -> NDArray[np.int64]:
    """One number for each pair whose first token is in [start, stop): (smaller word, larger word, weight)."""
    first = np.flatnonzero(end[start:stop] - np.arange(start, stop) > distance) + start
    one, other = tokens[first].astype(np.int64), tokens[first + distance].astype(np.int64)
    pair = np.minimum(one, other) * words + np.maximum(one, other)
    return pair * (window + 1) + (window + 1 - distance)


def _counted(keys: NDArray[np.int64], words: int, window: int) -> sparse.csr_array:
    """Sums of the weights of equal pairs: by sorting the keys, several times faster than scipy's coordinates."""
    keys.sort()
    pair, weight = np.divmod(keys, window + 1)
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    total = np.add.reduceat(weight, first) if len(first) else weight
    row, column = np.divmod(pair[first], words)
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=words))])
    return sparse.csr_array((total, column, starts), shape=(words, words))
