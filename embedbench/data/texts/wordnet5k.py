"""Definitions of nouns, shipped with the package."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from embedbench.data.base import EmbeddingDataModule, Source

_FILE = Path(__file__).parent / "files" / "wordnet5k.tsv.gz"


class WordNet5k(EmbeddingDataModule):
    """5,000 definitions of nouns of WordNet 3.0 (Fellbaum, 1998), 10 classes of 500, 4,000 train and 1,000 test."""

    def load(self) -> Source:
        """The definitions; a class is the kind of thing that the noun stands for."""
        with gzip.open(_FILE, "rt", encoding="utf8", newline="\n") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
        kinds, split, texts = (np.array(column, dtype=object) for column in zip(*rows, strict=True))
        names, label = np.unique(kinds.astype(str), return_inverse=True)
        return Source("text", texts, label.astype(np.int64), tuple(names.tolist()), None, split.astype(str))
