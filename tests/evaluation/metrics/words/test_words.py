"""Word tests reach the table: once for all splits, counted, and absent without tests or vectors."""

import os
from pathlib import Path

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.evaluation.metrics.words.words import words
from embedbench.evaluation.rows import Rows, WordVectors
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery
from embedbench.evaluation.suite import Suite
from embedbench.evaluation.word_tests import read_tests

FILES = {
    "wordsim353.tsv": "# word\tword\tscore\nred\tpink\t9\nred\tsky\t2\nsky\tsea\t6\nred\tnope\t5\n",
    "simlex999.txt": "red\tpink\t8\nsky\tnope\t1\nred\tsea\t0\n",
    "questions-words.txt": ": colours\nred pink sky sea\nred pink nope sea\n",
}
VECTORS = WordVectors(
    ["red", "pink", "sky", "sea"], np.array([[1, 0, 0], [1, 0.3, 0], [0, 0.2, 1], [0, 0.7, 0.9]], np.float32)
)
Z = np.zeros((4, 2), np.float32)


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    return tmp_path


def scored(vectors, tests):
    return words(EmbeddingSpace(Gallery(Rows(Z, words=vectors)), Rows(Z), EvaluationSettings(1, 1, 0, tests)))


def test_scores_and_counts(folder):
    found = scored(VECTORS, read_tests(folder))
    assert found == {
        "wordsim353": pytest.approx(1.0),
        "wordsim353_found": 3,
        "wordsim353_total": 4,
        "simlex999": pytest.approx(1.0),
        "simlex999_found": 2,
        "simlex999_total": 3,
        "analogies": 1,
        "analogies_found": 1,
        "analogies_total": 2,
    }


def test_left_out_without_tests_or_vectors(folder):
    assert scored(None, read_tests(folder)) == {}
    assert scored(VECTORS, None) == {}


def test_score_of_no_known_pair_is_left_out(folder):
    found = scored(WordVectors(["x", "y"], np.eye(2, dtype=np.float32)), read_tests(folder))
    assert set(found) == {
        f"{name}_{what}" for name in ("wordsim353", "simlex999", "analogies") for what in ("found", "total")
    }
    assert found["analogies_found"] == 0


@pytest.mark.slow
@pytest.mark.skipif(
    "EMBEDBENCH_WORD_TESTS" not in os.environ, reason="EMBEDBENCH_WORD_TESTS names no folder of gensim's"
)
def test_real_files_hold_all_that_they_should():
    tests = read_tests(Path(os.environ["EMBEDBENCH_WORD_TESTS"]))
    assert {name: len(pairs.words) for name, pairs in tests.pairs.items()} == {"wordsim353": 353, "simlex999": 999}
    assert len(tests.questions) == 19_544


def test_suite_reads_the_folder_at_once(folder):
    gallery = Rows(np.random.default_rng(0).normal(size=(40, 2)), words=VECTORS)
    query = Rows(np.random.default_rng(1).normal(size=(9, 2)))
    found = Suite(metrics=["words"], neighbors=3, word_tests=folder).score(gallery, {"val": query, "test": query})
    assert found["val"]["words/simlex999_found"] == found["test"]["words/simlex999_found"] == 2
    (folder / "simlex999.txt").unlink()
    with pytest.raises(UsageError, match=r"there is no file .*simlex999\.txt; the word tests lie in gensim's folder"):
        Suite(word_tests=folder)
