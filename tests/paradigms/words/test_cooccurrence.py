"""Counts of neighbouring words against a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.paradigms.words import cooccurrence as module
from embedbench.paradigms.words.cooccurrence import cooccurrences

WORDS = 5
documents = st.lists(st.lists(st.integers(0, WORDS - 1), max_size=12), max_size=6)


def flat(texts):
    """Tokens of all documents and where each starts."""
    tokens = np.array([word for text in texts for word in text], dtype=np.int32)
    return tokens, np.cumsum([0, *map(len, texts)])


def looped(texts, window):
    counts = np.zeros((WORDS, WORDS), dtype=np.int64)
    for text in texts:
        for i, one in enumerate(text):
            for j, other in enumerate(text):
                if 0 < abs(i - j) <= window:
                    counts[one, other] += window + 1 - abs(i - j)
    return counts


@given(texts=documents, window=st.integers(1, 4), chunk=st.integers(1, 9))
@settings(deadline=None)
def test_equals_a_plain_loop_whatever_the_chunk(texts, window, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        found = cooccurrences(*flat(texts), WORDS, window)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found.toarray(), looped(texts, window))


@given(texts=documents, cut=st.integers(0, 6))
@settings(deadline=None)
def test_counts_of_shards_add_up(texts, cut):
    whole, one, other = (cooccurrences(*flat(part), WORDS, 3) for part in (texts, texts[:cut], texts[cut:]))
    assert abs(whole - (one + other)).sum() == 0


def test_entries_are_sorted_and_occur_once():
    tokens = np.random.default_rng(0).integers(0, WORDS, 500)
    counts = cooccurrences(tokens, np.array([0, 200, 500]), WORDS, 2)
    assert counts.has_canonical_format
    assert counts.nnz <= WORDS**2


def test_weights_are_those_of_a_window_drawn_uniformly():
    """A pair at distance d is seen by the windows d..w of 1..w."""
    tokens = np.array([0, 1, 2, 3])
    counts = cooccurrences(tokens, np.array([0, 4]), WORDS, 4).toarray()
    np.testing.assert_array_equal(counts, sum(near(window) for window in range(1, 5)))


def near(window):
    """Pairs of four words in a row at most ``window`` apart, each counted once."""
    place = np.arange(WORDS)
    apart = np.abs(place[:, None] - place)
    return ((apart > 0) & (apart <= window) & (place[:, None] < 4) & (place < 4)).astype(int)
