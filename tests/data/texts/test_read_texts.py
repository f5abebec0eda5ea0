"""Texts are read once: the vocabulary from train rows alone, ids from the cache where nothing has changed."""

import pytest
import torch

from embedbench.data.texts import read_texts as module
from embedbench.data.texts.read_texts import TextRows, read_texts
from embedbench.text.tokenizer_spec import Subwords, Words
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import SPLITS


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path))


@pytest.fixture
def encoded(monkeypatch):
    """The texts that were encoded and not taken from the cache."""
    seen = []

    class Watched(Vocabulary):
        def encode(self, given):
            seen.append(list(given))
            return super().encode(given)

    monkeypatch.setattr(module, "Vocabulary", Watched)
    return seen


def rows(train=("one two two", "three"), val=("two four",), test=("one one",)):
    given = dict(zip(SPLITS, (train, val, test), strict=True))
    return {split: TextRows(list(found), None) for split, found in given.items()}


def test_tokens_of_another_version_of_the_library_are_made_anew(encoded, monkeypatch):
    read_texts(rows(), Words())
    before = len(encoded)
    read_texts(rows(), Words())
    assert len(encoded) == before
    monkeypatch.setattr(module, "versions", lambda *names: [f"{name} 0" for name in names])
    read_texts(rows(), Words())
    assert len(encoded) == 2 * before


def test_words_of_train_alone_are_known():
    found = read_texts(rows(), Words())
    vocabulary = Vocabulary(found.vocabulary)
    assert set(vocabulary.words[2:]) == {"one", "two", "three"}
    ids, starts = found.tokens["val"]
    assert [vocabulary.words[i] for i in ids] == ["two", "[UNK]"]
    assert starts.tolist() == [0, 2]
    assert found.notes == []


def test_what_is_cut_is_counted():
    found = read_texts(rows(train=("one two two two two", "2")), Subwords(None, 6))
    lengths = {split: found.tokens[split][1].diff().tolist() for split in SPLITS}
    assert max(map(max, lengths.values())) == 6
    assert found.notes == ["texts longer than 6 tokens were cut: 1 of 2 train, 1 of 1 val, 0 of 1 test"]


def test_nothing_is_encoded_twice(encoded):
    first = read_texts(rows(), Words())
    assert len(encoded) == 3
    again = read_texts(rows(), Words())
    assert len(encoded) == 3
    assert again.vocabulary == first.vocabulary
    for split in SPLITS:
        assert all(torch.equal(a, b) for a, b in zip(again.tokens[split], first.tokens[split], strict=True))


def test_one_changed_text_or_another_reader_is_encoded_anew(encoded):
    read_texts(rows(), Words())
    del encoded[:]
    read_texts(rows(test=("one one!",)), Words())
    assert encoded == [["one one!"]]
    del encoded[:]
    read_texts(rows(train=("one two two", "three four")), Words())
    assert len(encoded) == 3  # another vocabulary
    del encoded[:]
    read_texts(rows(), Words(2))
    assert len(encoded) == 3


def test_given_vocabulary_learns_nothing(encoded):
    known = read_texts(rows(), Words()).vocabulary
    found = read_texts(rows(train=("four five", "one")), known)
    assert found.vocabulary == known
    assert found.tokens["train"][0].tolist() == [1, 1, Vocabulary(known).words.index("one")]


def test_codes_tell_texts_and_their_borders_apart():
    one, two, three = (TextRows(list(given), None).codes() for given in (("ab", "c"), ("a", "bc"), ("ab", "c")))
    assert not torch.equal(one, two)
    assert torch.equal(one, three)


def test_datasets_serve_the_rows():
    label = torch.tensor([7, 8])
    found = read_texts(rows(), Words())
    batch = found.dataset("train", label, by_length=True).__getitems__([0, 1])
    assert batch.index.tolist() == [1, 0]  # the shorter first
    assert batch.label.tolist() == [8, 7]
    vocabulary = Vocabulary(found.vocabulary)
    assert [[vocabulary.words[i] for i in row] for row in batch.x] == [
        ["three", "[PAD]", "[PAD]"],
        ["one", "two", "two"],
    ]
