"""Latent semantic analysis against scikit-learn's vectorizer and SVD, row by row."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from embedbench.data.texts.newsgroups import Newsgroups
from embedbench.data.texts.wordnet5k import WordNet5k
from embedbench.errors import RunError, UsageError
from embedbench.evaluation.given.external import evaluate
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.classical.tfidf_svd import TfidfSVD
from embedbench.text.tokenizer_spec import Words
from embedbench.types import DataSpec

ANCHOR = {"min_df": 2, "max_df": 0.5, "sublinear_tf": True, "stop_words": "english", "max_features": 20_000}


def solved(data, dim=64, **arguments):
    data.reader = Words()
    torch.manual_seed(0)
    model = TfidfSVD(data.spec, dim, **arguments)
    ids, starts = data._read.tokens["train"]
    model.solve(ids.numpy(), starts.numpy())
    return model


def embedded(model, data, split):
    """In the order of the split."""
    z = torch.zeros(data.rows[split], model.latent_dim)
    with torch.no_grad():
        for batch in data.predict_dataloader()[("train", "val", "test").index(split)]:
            z[batch.index] = model.embed(batch.x)
    return z.numpy()


@pytest.fixture(scope="module")
def definitions():
    return WordNet5k()


@pytest.mark.parametrize(
    "arguments",
    [{}, {"min_df": 5}, {"max_df": 0.01}, {"stop_words": "none"}],
    ids=lambda given: ",".join(given) or "default",
)
def test_embeddings_equal_scikit_learns(arguments, definitions):
    model = solved(definitions, 8, **arguments)
    theirs = {**ANCHOR, **arguments}
    theirs["stop_words"] = None if theirs["stop_words"] == "none" else "english"
    vectorizer = TfidfVectorizer(**theirs)
    weights = vectorizer.fit_transform(definitions.texts("train"))
    svd = TruncatedSVD(8, algorithm="arpack", random_state=1).fit(weights)
    chosen = {model.vocabulary.words[i] for i in model.components.abs().sum(1).nonzero()[:, 0]}
    assert chosen == set(vectorizer.get_feature_names_out())
    for split in ("train", "test"):
        wanted = svd.transform(vectorizer.transform(definitions.texts(split)))
        length = np.linalg.norm(wanted, axis=1, keepdims=True)
        found = embedded(model, definitions, split)
        filled = length[:, 0] > 1e-6
        wanted = wanted / np.where(length > 0, length, 1)
        assert np.abs(np.abs(found) - np.abs(wanted))[filled].max() < 1e-3
        assert np.abs(found @ found.T - wanted @ wanted.T)[filled][:, filled].max() < 1e-3
        assert np.linalg.norm(found[filled], axis=1) == pytest.approx(1, abs=1e-5)


def test_most_frequent_words_are_kept(definitions):
    model = solved(definitions, 8, max_features=300, stop_words="none", max_df=1.0)
    ids = definitions._read.tokens["train"][0].numpy()
    total = np.bincount(ids, minlength=model.vocabulary.size)
    kept = model.components.detach().abs().sum(1).numpy() > 0
    assert kept.sum() == 300
    assert total[kept].min() >= total[2:][~kept[2:]].max()


def test_padding_and_unknown_words_weigh_nothing(definitions):
    model = solved(definitions, 8)
    words = model.vocabulary.words
    ids = [words.index(word) for word in ("small", "songbird", "small")]
    with torch.no_grad():
        plain = model.embed(torch.tensor([ids]))
        padded = model.embed(torch.tensor([[*ids, 1, 0, 0], [1, 0, 0, 0, 0, 0]]))
    torch.testing.assert_close(padded[:1], plain)
    assert padded[1].tolist() == [0] * 8


SPEC = DataSpec("text", (), 5, "none")


@pytest.mark.parametrize("wrong", [{"min_df": 0}, {"max_df": 0.0}, {"max_df": 1.5}, {"max_features": 0}])
def test_arguments_out_of_range_are_refused(wrong):
    spec = SPEC._replace(vocabulary=Words().vocabulary(["one two"]))
    with pytest.raises(UsageError, match=f"`{next(iter(wrong))}` must be a .*number .*, got"):
        TfidfSVD(spec, 1, **wrong)


def test_other_data_are_refused():
    with pytest.raises(UsageError, match="model `tfidf_svd` reads texts, but the data are images"):
        TfidfSVD(DataSpec("image", (1, 8, 8), 5, "none"))


def test_more_components_than_words_are_an_error():
    texts = ["red blue green"] * 3 + ["blue lila"] * 3
    spec = SPEC._replace(vocabulary=Words().vocabulary(texts), n_rows=6)
    model = TfidfSVD(spec, 4, max_df=1.0)
    ids, starts, _ = model.vocabulary.encode(texts)
    with pytest.raises(RunError, match="4 components need more than the 4 words and 6 texts that count"):
        model.solve(ids, starts)


@pytest.mark.slow
@pytest.mark.skipif(
    "EMBEDBENCH_NEWSGROUPS" not in os.environ, reason="EMBEDBENCH_NEWSGROUPS names no folder with 20 Newsgroups"
)
def test_20_newsgroups_score_what_scikit_learn_reaches():
    """Its vectorizer and SVD of 64 on all train posts: k-NN .741, logistic regression .765 on the test posts."""
    data = Newsgroups(Path(os.environ["EMBEDBENCH_NEWSGROUPS"]))
    model = solved(data)
    z = {split: embedded(model, data, split) for split in ("train", "test")}
    gallery = z["train"], data.targets("train").numpy()
    found = evaluate(z["test"], data.targets("test").numpy(), gallery=gallery, suite=Suite(metrics=["probe"]))
    assert found["probe/knn_accuracy"] == pytest.approx(0.741, abs=0.02)
    assert found["probe/linear_accuracy"] == pytest.approx(0.765, abs=0.02)
