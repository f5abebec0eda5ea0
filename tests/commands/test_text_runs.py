"""Texts on the command line: read as the model wants, also later and elsewhere; refused by models that can't."""

import json

import numpy as np
import pandas as pd
import pytest

from embedbench.data.texts.text import Text

RNG = np.random.default_rng(0)
WORDS = {"red": ["rose", "blood", "fire"], "blue": ["sky", "sea", "ice"]}
PROBE = ["--threads", "1", "--suite.metrics", "[probe]", "--suite.neighbors", "5"]


def sentences(rows, more=()):
    kinds = ["red" if i % 2 else "blue" for i in range(rows)]
    return kinds, [" ".join(RNG.choice([*WORDS[kind], "thing", "some", *more], 8)) for kind in kinds]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, command):
    """A CSV of two kinds of sentences, a model of them, and other sentences with words that it doesn't know."""
    place = tmp_path_factory.mktemp("texts")
    for name, more in (("texts.csv", ()), ("others.csv", ("novel", "strange"))):
        kinds, texts = sentences(100, more)
        pd.DataFrame({"text": texts, "kind": kinds}).to_csv(place / name, index=False)
    given = ["--data", "text", "--data.path", "texts.csv", "--data.label", "kind", "--model.latent_dim", "3"]
    ended = command(place, "run", "--model", "tfidf_svd", *given, *PROBE, "--run_id", "lsa")
    assert ended.code == 0, ended.err
    return place


def vectors(command, folder, output, *argv):
    ended = command(folder, "embed", "runs/lsa", "--split", "train", "--output", output, *argv)
    assert ended.code == 0, ended.err
    with np.load(output) as found:
        return dict(found)


def test_run_is_scored(folder, results_in):
    result = results_in(folder)["tfidf_svd"]
    assert result["metrics"]["test"]["probe/knn_accuracy"] > 0.9
    assert (result["paradigm"], result["latent_dim"], result["splits"]) == (
        "classical",
        3,
        {"train": 72, "val": 8, "test": 20},
    )


def test_rows_are_embedded_in_the_order_of_the_split(folder, command, tmp_path):
    found = vectors(command, folder, tmp_path / "z.npz")
    data = Text(folder / "texts.csv", "text", "kind")
    assert found["label"].tolist() == data.targets("train").tolist()
    own = [sum(word in text.split() for word in WORDS["red"]) > 0 for text in data.texts("train")]
    apart = np.linalg.norm(found["z"][own].mean(0) - found["z"][np.logical_not(own)].mean(0))
    assert apart > 0.5  # rows out of order would fall together


def test_other_texts_are_read_by_the_vocabulary_of_the_run(folder, command, tmp_path):
    """A vocabulary of their own would give the words other numbers, and so other vectors."""
    same = vectors(command, folder, tmp_path / "a.npz", "--data.path", "texts.csv")
    assert np.array_equal(same["z"], vectors(command, folder, tmp_path / "b.npz")["z"])
    other = vectors(command, folder, tmp_path / "c.npz", "--data.path", "others.csv")
    centre = {kind: same["z"][same["label"] == kind].mean(0) for kind in (0, 1)}
    nearest = [min(centre, key=lambda kind: np.linalg.norm(z - centre[kind])) for z in other["z"]]
    assert np.mean(np.array(nearest) == other["label"]) > 0.9


def test_word_vectors_are_written_as_word2vec_does(folder, command, tmp_path):
    given = ["--data", "text", "--data.path", "texts.csv", "--data.label", "kind", "--model.latent_dim", "3"]
    ended = command(folder, "run", "--model", "ppmi_svd", *given, *PROBE, "--run_id", "words")
    assert ended.code == 0, ended.err
    ended = command(folder, "embed", "runs/words", "--output", tmp_path / "w.txt")
    assert (ended.code, "8 rows of 3 numbers" in ended.err) == (0, True), ended.err
    first, *lines = (tmp_path / "w.txt").read_text(encoding="utf8").splitlines()
    assert first == "8 3"
    assert {line.split()[0] for line in lines} == {*WORDS["red"], *WORDS["blue"], "thing", "some"}
    ended = command(folder, "embed", "runs/lsa", "--output", tmp_path / "no.txt")
    assert (ended.code, "tfidf_svd of runs/lsa has no word vectors" in ended.err) == (2, True), ended.err
    assert not (tmp_path / "no.txt").exists()


def test_run_scores_the_same_again(folder, command, results_in):
    ended = command(folder, "evaluate", "--run", "runs/lsa", "--output", "again.json")
    assert ended.code == 0, ended.err
    again = json.loads((folder / "again.json").read_text(encoding="utf8"))
    assert again == results_in(folder)["tfidf_svd"]["metrics"]


def test_the_oracle_needs_no_words(folder, command):
    given = ["--data", "text", "--data.path", "texts.csv", "--data.label", "kind", *PROBE]
    assert command(folder, "run", "--model", "label_oracle", *given).code == 0


@pytest.mark.parametrize("model", ["supervised", "supervised_contrastive"])
def test_a_learned_model_reads_texts_cut_and_says_so_once(model, folder, command, results_in):
    words = ["--data", "text", "--data.path", "texts.csv", "--data.label", "kind", "--run_id", model]
    small = ["--model.encoder", "Bert", "--model.encoder.width", "32", "--model.encoder.longest", "5"]
    ended = command(folder, "run", "--model", model, *words, *small, *PROBE, "--trainer.max_steps", "30")
    assert ended.code == 0, ended.err
    assert ended.err.count("texts longer than 5 tokens were cut: 72 of 72 train, 8 of 8 val, 20 of 20 test") == 1
    assert results_in(folder)[model]["metrics"]["test"]["probe/knn_accuracy"] > 0.8
    scored = command(folder, "evaluate", "--run", f"runs/{model}", "--output", f"{model}.json")
    assert scored.code == 0, scored.err
    again = json.loads((folder / f"{model}.json").read_text(encoding="utf8"))["test"]
    assert again == pytest.approx(results_in(folder)[model]["metrics"]["test"], abs=1e-6)


@pytest.mark.parametrize("model", ["raw", "random", "pca", "ppca", "vae", "linear_vae", "autoencoder"])
def test_models_of_arrays_refuse_texts(model, folder, command):
    before = sorted(folder.rglob("*"))
    ended = command(
        folder, "run", "--model", model, "--data", "text", "--data.path", "texts.csv", "--data.label", "kind"
    )
    assert ended.code == 2
    assert f"model `{model}` takes images or tables, but the data are texts; choose one that reads them" in ended.err
    assert sorted(folder.rglob("*")) == before


def test_other_kinds_of_data_are_refused_by_a_run_of_texts(folder, command):
    ended = command(folder, "evaluate", "--run", "runs/lsa", "--data", "digits")
    assert ended.code == 2
    assert "takes text data, but these are image; give data of that kind" in ended.err
