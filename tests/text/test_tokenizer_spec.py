"""Readers refuse what makes no vocabulary, and differ where their vocabularies might."""

import itertools

import pytest

from embedbench.errors import UsageError
from embedbench.text.tokenizer_spec import NoTokenizer, Subwords, Words
from embedbench.text.vocabulary import Vocabulary

NONE = NoTokenizer("model `pca`", "tfidf_svd")
READERS = [
    Words(),
    Words(2),
    Words(1, 5),
    Subwords(300, 8),
    Subwords(301, 8),
    Subwords(300, 9),
    Subwords(None, 9),
    NONE,
]


def test_keys_differ_with_every_argument():
    for one, other in itertools.combinations(READERS, 2):
        assert one.key != other.key


def test_arguments_reach_the_vocabulary():
    texts = ["one two two three three three"]
    assert Vocabulary(Words(2, 1).vocabulary(texts)).words == ["[PAD]", "[UNK]", "three"]
    vocabulary = Vocabulary(Subwords(265, 7).vocabulary(texts))
    assert (vocabulary.size, vocabulary.longest) == (265, 7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Words(0), "words that occur once or more"),
        (lambda: Words(1, 0), "words that occur once or more"),
        (lambda: Subwords(261, 8), "more than 261 tokens, got 261"),
        (lambda: Subwords(300, 2), "3 tokens or more, two of them its marks, got 2"),
        (
            lambda: Subwords(400, 8).vocabulary(["one two"]),
            "hold 26. pieces of words, and 400 are asked",
        ),
        (
            lambda: NONE.vocabulary(["a text"]),
            "model `pca` takes images or tables, but the data are texts",
        ),
    ],
)
def test_what_makes_no_vocabulary_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
