"""Reads tests of word vectors: pairs of words judged by people, and analogies."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError


class WordPairs(NamedTuple):
    """Pairs of words with the similarity that people saw.

    Attributes:
        words: One tuple a pair.
        judged: Higher is more similar, float64 ``(pairs,)``.
    """

    words: list[tuple[str, str]]
    judged: NDArray[np.float64]


Question = tuple[str, str, str, str]


class WordTests(NamedTuple):
    """The tests that word vectors are scored by.

    Attributes:
        pairs: By name, "wordsim353" and "simlex999".
        questions: Analogies.
    """

    pairs: dict[str, WordPairs]
    questions: list[Question]


def read_tests(folder: Path) -> WordTests:
    """The files wordsim353.tsv, simlex999.txt and questions-words.txt of a folder.

    Raises:
        UsageError: If one is missing or can't be read.
    """
    names = ("wordsim353.tsv", "simlex999.txt")
    pairs = {name.partition(".")[0]: read_pairs(folder / name) for name in names}
    return WordTests(pairs, read_questions(folder / "questions-words.txt"))


def read_pairs(path: Path) -> WordPairs:
    """Pairs such as WordSim-353's or SimLex-999's, as gensim ships them.

    Each line holds two words and a number, parted by tabs; empty lines and those that start with # are left out.

    Raises:
        UsageError: If there is no such file, or a line doesn't hold that.
    """
    words, judged = [], []
    for number, line in _lines(path):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or not math.isfinite(value := _number(fields[2])):
            raise UsageError(f"line {number} of {path} must be two words and a number, parted by tabs, got {line!r}.")
        words.append((fields[0], fields[1]))
        judged.append(value)
    return WordPairs(words, np.array(judged))


def read_questions(path: Path) -> list[Question]:
    """Analogies "a is to b as c is to d", such as Google's questions-words.txt (Mikolov et al., 2013).

    Each line holds four words parted by spaces; empty lines and those that start with a colon, which name a section,
    are left out.

    Raises:
        UsageError: If there is no such file, or a line doesn't hold that.
    """
    questions = []
    for number, line in _lines(path):
        if not line or line.startswith(":"):
            continue
        fields = line.split()
        if len(fields) != 4:
            raise UsageError(f"line {number} of {path} must be four words parted by spaces, got {line!r}.")
        questions.append((fields[0], fields[1], fields[2], fields[3]))
    return questions


def _lines(path: Path) -> list[tuple[int, str]]:
    if not path.is_file():
        raise UsageError(
            f"there is no file {path}; the word tests lie in gensim's folder test/test_data, which "
            "`pip download gensim==4.4.0 --no-deps` and unzipping the wheel give."
        )
    from embedbench.files.text_file import read_text  # brings pandas along, which listing metrics needs not

    return [(number, line.strip()) for number, line in enumerate(read_text(path).split("\n"), start=1)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
