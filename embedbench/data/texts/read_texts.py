"""Texts of three splits, and their reading by a model's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from embedbench.cache import Tables, cached, digest
from embedbench.code_state import versions
from embedbench.data.sliced import SlicedDataset
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.text.tokens import TokenDataset
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import Split

_TOKENIZERS = ("tokenizers", "transformers")  # which may tell other tokens in another version


class TextRows(NamedTuple):
    """The rows of one split as they are.

    Attributes:
        texts: One string a row.
        label: Class number (int64) or real target (float64), ``(rows,)``, or several labels a row, int8
            ``(rows, classes)``; ``None`` without labels.
    """

    texts: list[str]
    label: Tensor | None

    def blank(self) -> SlicedDataset:
        """The rows without numbers, for a model that doesn't look at texts."""
        return SlicedDataset(torch.empty(len(self.texts), 0), self.label)

    def codes(self) -> Tensor:
        """The bytes of all texts, each ended by one that UTF-8 never has, uint8 ``(bytes,)``."""
        content = b"".join(text.encode("utf8") + b"\xff" for text in self.texts)
        return torch.from_numpy(np.frombuffer(content, np.uint8).copy())


class Read(NamedTuple):
    """All rows as token ids.

    Attributes:
        vocabulary: The text of the vocabulary.
        pad: Its id that fills batches, kept beside it: to make a vocabulary of its text takes long.
        tokens: Ids ``(all tokens,)`` and starts ``(rows + 1,)`` of each split.
        notes: What was cut, one sentence.
    """

    vocabulary: str
    pad: int
    tokens: dict[Split, tuple[Tensor, Tensor]]
    notes: list[str]

    def dataset(self, split: Split, label: Tensor | None, *, by_length: bool) -> TokenDataset:
        """One split to serve batches from."""
        return TokenDataset(*self.tokens[split], label, self.pad, by_length)


def read_texts(rows: Mapping[Split, TextRows], reader: TokenizerSpec | str) -> Read:
    """Makes the vocabulary, unless it is given, and the token ids of all rows; both are cached by content.

    Raises:
        UsageError: If the reader can't make a vocabulary of the train texts.
    """
    hashes = {split: digest(part.texts) for split, part in rows.items()}
    text = reader if isinstance(reader, str) else _learned(reader, rows["train"].texts, hashes["train"])
    vocabulary = Vocabulary(text)
    tokens, cut = {}, {}
    for split in rows:

        def encode(split: Split = split) -> Tables:
            ids, starts, cut = vocabulary.encode(rows[split].texts)
            return {"ids": ids, "starts": starts, "cut": np.array([cut])}

        found = cached("tokens", digest([text, *versions(*_TOKENIZERS), hashes[split]]), encode)
        tokens[split] = torch.from_numpy(found["ids"]), torch.from_numpy(found["starts"])
        cut[split] = int(found["cut"][0])
    return Read(text, vocabulary.pad, tokens, _told(cut, rows, vocabulary.longest))


def _told(cut: Mapping[Split, int], rows: Mapping[Split, TextRows], longest: int | None) -> list[str]:
    """One sentence for all splits, so that a user is warned once."""
    if not any(cut.values()):
        return []
    counts = ", ".join(f"{cut[split]} of {len(part.texts)} {split}" for split, part in rows.items())
    return [f"texts longer than {longest} tokens were cut: {counts}"]


def _learned(reader: TokenizerSpec, texts: list[str], content: str) -> str:
    """The vocabulary of the train texts, whose digest is ``content``."""
    if reader.key is None:
        return reader.vocabulary(texts)

    def learn() -> Tables:
        return {"text": np.frombuffer(reader.vocabulary(texts).encode("utf8"), np.uint8)}

    return (
        cached("vocabulary", digest([reader.key, *versions(*_TOKENIZERS), content]), learn)["text"]
        .tobytes()
        .decode("utf8")
    )
