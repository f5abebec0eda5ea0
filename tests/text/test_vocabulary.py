"""Words as scikit-learn counts them, pieces that cover every text, and special tokens in their roles."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from tokenizers import Tokenizer, models

from embedbench.text.vocabulary import Vocabulary, learn_pieces, learn_words, serialise

TEXTS = ["The cat sat on a mat, the CAT!", "a dog's life: 2 dogs, 10 cats", "", "naïve café über-cat", "İ e\u0301x ²³"]


def words_of(vocabulary, texts):
    ids, starts, _ = vocabulary.encode(texts)
    return [[vocabulary.words[i] for i in ids[a:b]] for a, b in pairwise(starts)]


def test_words_are_those_of_scikit_learn():
    vocabulary = Vocabulary(learn_words(TEXTS, 1, None))
    analyse = CountVectorizer().build_analyzer()
    assert words_of(vocabulary, TEXTS) == [analyse(text) for text in TEXTS]
    assert set(vocabulary.words[2:]) == set(CountVectorizer().fit(TEXTS).vocabulary_)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(max_codepoint=0x17F), max_size=40), min_size=1, max_size=5))
def test_any_text_is_read_as_scikit_learn_does(texts):
    """Of European letters: beyond, two libraries may know different versions of Unicode."""
    vocabulary = Vocabulary(learn_words(TEXTS, 1, None))
    known = set(vocabulary.words)
    analyse = CountVectorizer().build_analyzer()
    wanted = [[word if word in known else "[UNK]" for word in analyse(text)] for text in texts]
    assert [len(row) for row in words_of(vocabulary, texts)] == [len(row) for row in wanted]


def test_rare_words_are_unknown_and_the_most_frequent_are_kept():
    vocabulary = Vocabulary(learn_words(TEXTS, 2, None))
    assert set(vocabulary.words) == {"[PAD]", "[UNK]", "the", "cat"}
    assert words_of(vocabulary, ["the dog"]) == [["the", "[UNK]"]]
    assert (vocabulary.pad, vocabulary.unknown, vocabulary.mask, vocabulary.special) == (0, 1, None, [0, 1])
    assert Vocabulary(learn_words(TEXTS, 1, 1)).words[2:] == ["cat"]


def test_pieces_begin_and_end_with_marks_and_long_texts_keep_their_end():
    vocabulary = Vocabulary(learn_pieces(TEXTS, 300, 6))
    assert vocabulary.words[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert (vocabulary.pad, vocabulary.unknown, vocabulary.mask, vocabulary.longest) == (0, 1, 4, 6)
    ids, starts, cut = vocabulary.encode(TEXTS)
    whole = Vocabulary(learn_pieces(TEXTS, 300, 1000)).encode(TEXTS)
    assert cut == int((np.diff(whole.starts) > 6).sum()) > 0
    for row in range(len(TEXTS)):
        mine, full = ids[starts[row] : starts[row + 1]], whole.ids[whole.starts[row] : whole.starts[row + 1]]
        assert (mine[0], mine[-1]) == (2, 3)
        assert len(mine) == min(len(full), 6)
        assert mine[:-1].tolist() == full[: len(mine) - 1].tolist()
    assert whole.cut == 0
    assert vocabulary.unknown not in whole.ids


@pytest.mark.parametrize(
    "learn", [lambda texts: learn_words(texts, 1, None), lambda texts: learn_pieces(texts, 600, 32)]
)
def test_equal_texts_make_equal_vocabularies(learn):
    """Ties among pieces and words are many, and never left to chance: each rank learns for itself."""
    texts = [f"w{i} x{i % 7} zy{i % 5}" for i in range(200)]
    assert len({learn(texts) for _ in range(5)}) == 1
    assert Vocabulary(learn(texts)).text == learn(texts)


def test_no_text_gives_no_tokens():
    found = Vocabulary(learn_words(TEXTS, 1, None)).encode([])
    assert (len(found.ids), found.starts.tolist(), found.cut) == (0, [0], 0)


def test_pieces_say_where_words_begin():
    vocabulary = Vocabulary(learn_pieces(TEXTS, 300, 100))
    ids, starts, _ = vocabulary.encode(TEXTS)
    for row, text in enumerate(TEXTS):
        assert sum(vocabulary.begins[i] for i in ids[starts[row] : starts[row + 1]]) == len(text.split())
    assert not any(vocabulary.begins[i] for i in vocabulary.special)


def test_word_pieces_say_where_words_begin():
    tokenizer = Tokenizer(models.WordPiece({"[PAD]": 0, "cat": 1, "##s": 2, "s": 3}, unk_token="[PAD]"))
    assert Vocabulary(serialise(tokenizer, "[PAD]", None, None, None)).begins == [True, True, False, True]
