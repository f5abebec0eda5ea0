"""Mutual information against a plain loop, its factorisation against a full SVD."""

import math

import numpy as np
import pytest
from scipy import sparse

from embedbench.paradigms.words.cooccurrence import cooccurrences
from embedbench.paradigms.words.ppmi import factorise, ppmi

WORDS = 30


@pytest.fixture(scope="module")
def counts():
    tokens = np.random.default_rng(0).zipf(1.5, 3000) % (WORDS - 1)  # the last word never occurs
    return cooccurrences(tokens, np.array([0, 1000, 3000]), WORDS, 3)


def looped(counts, smoothing, negatives):
    table = counts.toarray()
    smooth = [table[:, c].sum() ** smoothing for c in range(WORDS)]
    out = np.zeros((WORDS, WORDS))
    for w, c in np.argwhere(table):
        ratio = table[w, c] * sum(smooth) / (table[w].sum() * smooth[c])
        out[w, c] = max(0.0, math.log(ratio) - math.log(negatives))
    return out


@pytest.mark.parametrize(("smoothing", "negatives"), [(1.0, 1.0), (0.75, 1.0), (0.75, 2.0), (0.5, 5.0)])
def test_ppmi_equals_a_plain_loop(counts, smoothing, negatives):
    found = ppmi(counts, smoothing, negatives)
    assert found.dtype == np.float32
    assert found.has_canonical_format
    assert (found.data > 0).all()
    np.testing.assert_allclose(found.toarray(), looped(counts, smoothing, negatives), atol=1e-6)


def test_the_unit_of_the_counts_does_not_matter(counts):
    np.testing.assert_allclose(ppmi(counts / 3, 0.75, 1.0).toarray(), ppmi(counts, 0.75, 1.0).toarray(), atol=1e-6)


def test_an_entry_of_zero_is_no_neighbour(counts):
    rest = counts.copy()
    rest.data[:10] = 0
    gone = rest.copy()
    gone.eliminate_zeros()
    assert abs(ppmi(rest, 0.75, 1.0) - ppmi(gone, 0.75, 1.0)).sum() == 0


def test_independent_words_have_no_information():
    frequency = np.array([8, 4, 2, 1])
    assert ppmi(sparse.csr_array(np.outer(frequency, frequency)), 1.0, 1.0).data == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_factors_are_those_of_a_full_svd(counts, power):
    """Exact here: 20 axes and scikit-learn's 10 more span all 30 words."""
    matrix = ppmi(counts, 0.75, 1.0)
    word, context = factorise(matrix, 20, power, seed=0)
    left, singular, right = np.linalg.svd(matrix.toarray().astype(np.float64))
    weight = singular[:20] ** (2 * power)
    assert word.dtype == context.dtype == np.float32
    np.testing.assert_allclose(word @ context.T, (left[:, :20] * weight) @ right[:20], atol=1e-4)
    np.testing.assert_allclose(word.T @ word, np.diag(weight), rtol=1e-4, atol=1e-4)


def test_axes_have_a_fixed_sign(counts):
    word, _ = factorise(ppmi(counts, 0.75, 1.0), 4, 0.5, seed=0)
    assert (word[np.abs(word).argmax(0), range(4)] > 0).all()
    np.testing.assert_array_equal(word, factorise(ppmi(counts, 0.75, 1.0), 4, 0.5, seed=0)[0])
