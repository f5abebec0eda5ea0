"""From texts to token ids and back: the only door to `tokenizers`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from embedbench.errors import UsageError
from embedbench.files.tables.json_types import record_of

PAD, UNKNOWN, START, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
# As scikit-learn's vectorizers count words; the library's own \w would also take combining marks for letters.
_WORD = Regex(r"[\p{L}\p{N}_]{2,}")


class Tokens(NamedTuple):
    """Token ids of many texts, one after the other.

    Attributes:
        ids: Int32 ``(all tokens,)``.
        starts: Where each text begins, and the end of the last, int64 ``(texts + 1,)``.
        cut: Number of texts that were longer than allowed.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    cut: int


class Vocabulary:
    """A tokenizer and the roles of its special tokens.

    Args:
        text: What ``text`` of another one was: JSON of the tokenizer, the roles by name, the most tokens of a text
            and, of words, how often each occurs.

    Attributes:
        pad: Id that fills batches up to a common length.
        unknown: Id of what isn't in the vocabulary, or ``None``.
        mask: Id of a hidden token, or ``None``.
        longest: Most tokens of one text, or ``None``.
        counts: How often each id occurs in the train texts, int64 ``(size,)``; empty for pieces.
        size: Number of ids.

    Raises:
        UsageError: If it is no such text, as a file of a run from elsewhere may hold.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        content, self._tokenizer = _read(text)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        roles = {role: content.roles.get(role) for role in ("pad", "unknown", "mask")}
        found = {role: None if name is None else self._tokenizer.token_to_id(name) for role, name in roles.items()}
        if found["pad"] is None:  # `write` names one
            raise UsageError("a vocabulary names no token that fills batches; make the run that keeps it again.")
        self.pad: int = found["pad"]
        self.unknown, self.mask = found["unknown"], found["mask"]
        self.longest: int | None = content.longest
        self.counts = np.array(content.counts, np.int64)
        self.size: int = self._tokenizer.get_vocab_size(with_added_tokens=True)

    @cached_property
    def special(self) -> list[int]:
        """Ids that stand for no part of a text."""
        added = self._tokenizer.get_added_tokens_decoder()
        return sorted(number for number, token in added.items() if token.special)

    @cached_property
    def words(self) -> list[str]:
        """The token of each id."""
        by_id = {number: word for word, number in self._tokenizer.get_vocab(with_added_tokens=True).items()}
        return [by_id.get(number, "") for number in range(self.size)]

    @cached_property
    def begins(self) -> list[bool]:
        """Whether each token begins a word: by the mark for a space before it, or of WordPiece none for "goes on"."""
        for mark in ("Ġ", "▁"):
            if any(token.startswith(mark) for token in self.words):
                return [token.startswith(mark) for token in self.words]
        return [not token.startswith("##") for token in self.words]

    def encode(self, texts: Sequence[str]) -> Tokens:
        """Token ids of texts, with the tokenizer's own marks of start and end, if it has any; too long ones are cut."""
        found = [one.ids for one in self._tokenizer.encode_batch_fast(list(texts))]
        cut = sum(len(ids) > self.longest for ids in found) if self.longest else 0
        if cut:
            found = [self._shortened(ids) for ids in found]
        starts = np.cumsum([0, *map(len, found)], dtype=np.int64)
        return Tokens(np.fromiter(chain.from_iterable(found), np.int32, int(starts[-1])), starts, cut)

    def _shortened(self, ids: list[int]) -> list[int]:
        """The first tokens; a mark of the end stays at the end."""
        assert self.longest is not None  # asked where some text is longer
        if len(ids) <= self.longest:
            return ids
        return [*ids[: self.longest - 1], ids[-1]] if ids[-1] in self.special else ids[: self.longest]


class _Kept(NamedTuple):
    """What the text of a vocabulary says."""

    tokenizer: dict[str, Any]
    roles: dict[str, str | None]
    longest: int | None
    counts: tuple[int, ...]


def _read(text: str) -> tuple[_Kept, Tokenizer]:
    try:
        content = record_of(_Kept, json.loads(text))
        return content, Tokenizer.from_str(json.dumps(content.tokenizer))
    except Exception as error:  # the library raises nothing narrower
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"the vocabulary of a run can't be read ({reason}); make that run again.") from None


def serialise(
    tokenizer: Tokenizer,
    pad: str,
    unknown: str | None,
    mask: str | None,
    longest: int | None,
    counts: Sequence[int] = (),
) -> str:
    """The text that a ``Vocabulary`` is made of."""
    roles = {"pad": pad, "unknown": unknown, "mask": mask}
    content = {"tokenizer": json.loads(tokenizer.to_str()), "roles": roles, "longest": longest, "counts": list(counts)}
    return json.dumps(content, ensure_ascii=False)


def learn_words(texts: Sequence[str], least: int, most: int | None) -> str:
    """A vocabulary of the lower-case words of two characters or more, the most frequent first, and their counts.

    Args:
        texts: Of the train split.
        least: How often a word has to occur.
        most: Most words; ``None`` keeps all.
    """
    tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(_WORD, behavior="removed", invert=True)
    specials = [PAD, UNKNOWN]
    size = 2**31 - 1 if most is None else most + len(specials)
    trainer = trainers.WordLevelTrainer(
        vocab_size=size, min_frequency=least, special_tokens=[*specials], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    bare = Vocabulary(serialise(tokenizer, PAD, UNKNOWN, None, None))
    counts = np.bincount(bare.encode(texts).ids, minlength=bare.size)
    return serialise(tokenizer, PAD, UNKNOWN, None, None, counts.tolist())


def learn_pieces(texts: Iterable[str], size: int, longest: int) -> str:
    """A vocabulary of lower-case sub-words by byte-level BPE (Sennrich et al., 2016; Radford et al., 2019).

    Any text can be written in it. The library's WordPiece won't do: it numbers pieces in the order of a random hash, so
    that neither runs nor ranks would agree.

    Args:
        texts: Of the train split.
        size: Most tokens, the special ones and the 256 bytes among them.
        longest: Most tokens of one text.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, UNKNOWN, START, END, MASK],
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer)
    marks = [(name, tokenizer.token_to_id(name)) for name in (START, END)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=marks)
    return serialise(tokenizer, PAD, UNKNOWN, MASK, longest)
