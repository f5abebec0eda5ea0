"""Word vectors as a file that other tools read."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from embedbench.errors import UsageError
from embedbench.files.word2vec_text import write_word2vec


def parsed(path):
    """Words and vectors of word2vec's text format."""
    head, *lines = path.read_text(encoding="utf8").splitlines()
    count, dim = map(int, head.split(" "))
    words, rows = [], []
    for line in lines:
        word, *numbers = line.split(" ")
        words.append(word)
        rows.append([float(number) for number in numbers])
    assert (len(words), len(rows[0])) == (count, dim)
    return words, np.array(rows, dtype=np.float32)


def test_vectors_are_read_back_unchanged(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    vectors[0, :4] = [0, 1e-30, -1e30, 1 / 3]
    path = tmp_path / "new" / "vectors.txt"
    write_word2vec(path, ["the", "naïve", "don't"], vectors)
    words, read = parsed(path)
    assert words == ["the", "naïve", "don't"]
    np.testing.assert_array_equal(read, vectors)
    assert [found.name for found in path.parent.iterdir()] == ["vectors.txt"]


@pytest.mark.parametrize("words", [["the", "naïve", "don't"], ["语言", "1", "a_b"]])
def test_gensim_reads_them(words, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    write_word2vec(tmp_path / "words.txt", words, vectors)
    read = KeyedVectors.load_word2vec_format(tmp_path / "words.txt", binary=False)
    assert read.index_to_key == words
    np.testing.assert_array_equal(read.vectors, vectors)


@pytest.mark.parametrize("word", ["", "New York", "tab\t", "no\u00a0break"])
def test_a_word_with_white_space_is_refused(tmp_path, word):
    with pytest.raises(UsageError, match="without white space"):
        write_word2vec(tmp_path / "vectors.txt", ["the", word], np.zeros((2, 3)))
    assert not any(tmp_path.iterdir())


def test_a_word_that_occurs_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match="once"):
        write_word2vec(tmp_path / "vectors.txt", ["the", "the"], np.zeros((2, 3)))
