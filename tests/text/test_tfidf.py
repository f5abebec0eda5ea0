"""Words and weights are those of scikit-learn and of the model `tfidf_svd`, learned from train alone, and made once."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from embedbench.paradigms.classical.tfidf_svd import TfidfSVD
from embedbench.text import tfidf as module
from embedbench.text.tfidf import tfidf
from embedbench.text.vocabulary import learn_words
from embedbench.types import DataSpec

WORDS = [f"{a}{b}" for a in "bcdfgklm" for b in ("ar", "el", "om")]
RNG = np.random.default_rng(0)
TRAIN, VAL, TEST = ([" ".join(RNG.choice(WORDS, 9)) for _ in range(rows)] for rows in (80, 10, 20))
OTHERS = {"val": [*VAL, "unheard of", ""], "test": TEST}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path))


def test_equals_scikit_learn():
    found = tfidf(TRAIN, OTHERS)
    weigh = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.5, max_features=20_000, stop_words="english")
    weigh.fit(TRAIN)
    for split, texts in OTHERS.items():
        assert found[split].shape == (len(texts), len(weigh.vocabulary_))
        np.testing.assert_allclose(found[split].toarray(), weigh.transform(texts).toarray(), atol=1e-12)
    lengths = np.sqrt(found["val"].multiply(found["val"]).sum(axis=1))
    assert lengths == pytest.approx([1] * 10 + [0, 0])


def test_words_are_those_that_the_model_takes():
    """Its components for whole texts span what the weights here span."""
    reader = learn_words(TRAIN, 1, None)
    model = TfidfSVD(DataSpec("text", (), len(TRAIN), "none", vocabulary=reader), latent_dim=5)
    ids, starts, _ = model.vocabulary.encode(TRAIN)
    model.solve(ids, starts)
    used = {model.vocabulary.words[i] for i in np.flatnonzero(model.components.detach().numpy().any(axis=1))}
    weigh = TfidfVectorizer(**module._SETTINGS).fit(TRAIN)
    assert used == set(weigh.get_feature_names_out())


def test_made_once_for_the_same_texts(monkeypatch):
    first = tfidf(TRAIN, OTHERS)
    made = []
    tables = module._tables
    monkeypatch.setattr(module, "_tables", lambda *args: made.append(args) or tables(*args))
    again = tfidf(TRAIN, OTHERS)
    assert not made
    for split in OTHERS:
        assert abs(again[split] - first[split]).max() == 0
    tfidf(TRAIN[1:], OTHERS)
    tfidf(TRAIN, {**OTHERS, "test": TEST[1:]})
    tfidf(TRAIN, {"val": OTHERS["val"][:-1], "test": TEST})
    assert len(made) == 3


def test_texts_without_a_word_that_counts_have_no_input_space():
    for _ in range(2):  # made and read again
        assert tfidf(["one two", "three four"], OTHERS) == {}
