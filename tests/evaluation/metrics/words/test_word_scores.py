"""Scores of word vectors against plain loops, and against gensim's on the same vectors."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from embedbench.evaluation.metrics.words import word_scores as module
from embedbench.evaluation.metrics.words.word_scores import word_analogies, word_similarity
from embedbench.evaluation.word_tests import WordPairs

NAMES = [f"w{i}" for i in range(40)]


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)


def cosine(one, other):
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.fixture
def pairs():
    """60 pairs with tied judgements, every tenth with an unknown word."""
    rng = np.random.default_rng(1)
    words = [(f"w{a}", f"W{b}") for a, b in rng.integers(0, 40, (60, 2))]
    words[::10] = [("w1", "unknown")] * 6
    return WordPairs(words, rng.integers(0, 10, 60).astype(float))


@pytest.fixture
def questions():
    """200 questions, half of them true by construction of the answer, some with unknown words."""
    rng = np.random.default_rng(2)
    found = [tuple(f"w{i}" for i in rng.choice(40, 4, replace=False)) for _ in range(200)]
    found[::50] = [("w1", "w2", "w3", "unknown")] * 4
    return found


def test_similarity_equals_a_plain_loop(vectors, pairs):
    near, judged = [], []
    for (one, other), value in zip(pairs.words, pairs.judged, strict=True):
        if other != "unknown":
            near.append(cosine(vectors[int(one[1:])], vectors[int(other[1:])]))
            judged.append(value)
    score, found, total = word_similarity(vectors, NAMES, pairs)
    assert (found, total) == (54, 60)
    assert score == pytest.approx(spearmanr(judged, near).statistic, abs=1e-12)


def solved(vectors, a, b, c):
    """The word nearest to b − a + c, by a loop over the vocabulary."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    target = unit[b] - unit[a] + unit[c]
    return max((word for word in range(len(unit)) if word not in (a, b, c)), key=lambda word: unit[word] @ target)


@pytest.mark.parametrize("block", [1, 40 * 7, 1 << 20])
def test_analogies_equal_a_plain_loop_whatever_the_block(vectors, questions, block, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", block)
    known = [tuple(int(word[1:]) for word in q) for q in questions if "unknown" not in q]
    answers = [(*q[:3], solved(vectors, *q[:3]) if i % 2 else q[3]) for i, q in enumerate(known)]
    asked = [tuple(f"w{i}" for i in q) for q in answers] + [("w1", "w2", "w3", "unknown")] * 4
    right = sum(solved(vectors, *q[:3]) == q[3] for q in answers)
    assert right > 90
    assert word_analogies(vectors, NAMES, asked) == (right / 196, 196, 200)


def test_the_first_of_several_cases_stands_for_a_word():
    vectors = np.array([[1, 0], [0, 1], [1, 0.1], [1, 1]], dtype=np.float32)
    pairs = WordPairs([("cat", "dog"), ("CAT", "cow")], np.array([2.0, 1.0]))
    assert word_similarity(vectors, ["Cat", "cat", "dog", "cow"], pairs) == (pytest.approx(1), 2, 2)


def test_no_known_word_is_no_score(vectors):
    unknown = WordPairs([("one", "two")], np.array([1.0])), [("one", "two", "three", "four")]
    for pairs, questions in (unknown, (WordPairs([], np.array([])), [])):
        for result in (word_similarity(vectors, NAMES, pairs), word_analogies(vectors, NAMES, questions)):
            assert math.isnan(result.score)
            assert (result.found, result.total) == (0, len(questions))


def test_nothing_varies_is_no_score():
    vectors = np.zeros((2, 3), dtype=np.float32)
    pairs = WordPairs([("a", "b"), ("b", "a")], np.array([1.0, 2.0]))
    assert math.isnan(word_similarity(vectors, ["a", "b"], pairs).score)


def test_judgements_as_large_as_numbers_go_are_ranked():
    pairs = WordPairs([("w0", "w1"), ("w2", "w3"), ("w4", "w5")], np.array([1e308, -1e308, 0.0]))
    vectors = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    with np.errstate(all="raise"):
        assert word_similarity(vectors, NAMES[:6], pairs).score == 1


def test_both_scores_are_those_of_gensim():
    """Constants from gensim 4.4.0's `evaluate_word_pairs` and `evaluate_word_analogies` on the same vectors."""
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 20)).astype(np.float32)
    places = []
    for a in range(0, 60, 4):
        b, c, d = a + 1, a + 2, a + 3
        vectors[d] = vectors[b] - vectors[a] + vectors[c] + (0.8 * rng.normal(size=20)).astype(np.float32)
        places += [(a, b, c, d), (d, a, b, c), (a, c, d, (a + 9) % 60)]
    names = [f"w{i}" for i in range(60)]
    questions = [tuple(f"w{i}" for i in place) for place in places] + [("w1", "w2", "w3", "unknown")]
    drawn = zip(rng.integers(0, 60, (80, 2)), rng.integers(0, 10, 80), strict=True)
    words, judged = zip(*[((f"w{a}", f"W{b}"), float(value)) for (a, b), value in drawn if a != b], strict=True)
    pairs = WordPairs([*words, ("w1", "unknown")], np.array([*judged, 3.0]))
    assert word_similarity(vectors, names, pairs) == (pytest.approx(0.06251682631710334, abs=1e-12), 75, 76)
    assert word_analogies(vectors, names, questions) == (15 / 45, 45, 46)
