"""How a model wants texts turned into token ids: what it says before it is built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from embedbench.arguments.hints import Range
from embedbench.errors import UsageError
from embedbench.text.vocabulary import Vocabulary, learn_pieces, learn_words

VocabularySize = Annotated[int, Range(gt=261)]  # 5 special tokens and 256 bytes are always there
TextLength = Annotated[int, Range(ge=3)]  # tokens, two of them marks
_LEAST = 5 + 256  # special tokens and bytes
_USUAL = 8000


class TokenizerSpec(ABC):
    """Makes a vocabulary; equal readers make equal ones of equal texts."""

    @property
    def run(self) -> Path | None:
        """Folder of the run as which all rows are to be read, texts or not; ``None``: as they are best read anew."""
        return None

    @abstractmethod
    def vocabulary(self, texts: Sequence[str]) -> str:
        """The text of a ``Vocabulary`` for these train texts."""

    @property
    @abstractmethod
    def key(self) -> str | None:
        """Words that differ where the vocabulary of the same texts might; ``None`` if it is made anew each time."""


@dataclass(frozen=True)
class NoTokenizer(TokenizerSpec):
    """The answer of what takes no texts.

    Args:
        what: A model or an encoder, such as "model `pca`".
        instead: Name of one that takes them.
    """

    what: str
    instead: str

    def vocabulary(self, texts: Sequence[str]) -> str:
        """Refuses.

        Raises:
            UsageError: Always.
        """
        raise UsageError(
            f"{self.what} takes images or tables, but the data are texts; choose one that reads them, such as "
            f"{self.instead}."
        )

    @property
    def key(self) -> str:
        """Never asked for successfully."""
        return "none"


@dataclass(frozen=True)
class Words(TokenizerSpec):
    """Lower-case words of two letters or digits or more.

    Args:
        least: How often a word has to occur among the train texts, 1 or more.
        most: Most words, 1 or more; ``None`` keeps all.

    Raises:
        UsageError: If an argument is out of its range; later, if the texts have too few words.
    """

    least: int = 1
    most: int | None = None

    def __post_init__(self) -> None:
        if self.least < 1 or (self.most is not None and self.most < 1):
            raise UsageError(f"a vocabulary takes words that occur once or more, got {self.least} and {self.most}.")

    def vocabulary(self, texts: Sequence[str]) -> str:
        """Counts the words."""
        found = learn_words(texts, self.least, self.most)
        distinct = Vocabulary(found).size - 2  # without padding and unknown
        if distinct < (self.most or 1):
            raise UsageError(
                f"the {len(texts)} train texts hold {distinct} distinct words that occur {self.least} times or more, "
                f"and {self.most or 1} are asked for; lower the number or give more texts."
            )
        return found

    @property
    def key(self) -> str:
        """Its arguments."""
        return f"words {self.least} {self.most}"


@dataclass(frozen=True)
class Subwords(TokenizerSpec):
    """Sub-words of a vocabulary learned on the train texts.

    Args:
        size: Number of tokens, above the 261 that every vocabulary has: special ones and bytes; ``None`` takes as many
            as the texts give, up to 8,000.
        longest: Most tokens of one text, 3 or more.

    Raises:
        UsageError: If ``size`` or ``longest`` is out of its range; later, if the texts have fewer pieces than asked.
    """

    size: int | None
    longest: int

    def __post_init__(self) -> None:
        if self.size is not None and self.size <= _LEAST:
            raise UsageError(f"a vocabulary of pieces takes more than {_LEAST} tokens, got {self.size}; raise it.")
        if self.longest < 3:
            raise UsageError(f"a text takes 3 tokens or more, two of them its marks, got {self.longest}; raise it.")

    def vocabulary(self, texts: Sequence[str]) -> str:
        """Learns the pieces."""
        found = learn_pieces(texts, self.size or _USUAL, self.longest)
        if self.size is not None and (distinct := Vocabulary(found).size) < self.size:
            raise UsageError(
                f"the {len(texts)} train texts hold {distinct} pieces of words, and {self.size} are asked for; lower "
                "the number or give more texts."
            )
        return found

    @property
    def key(self) -> str:
        """Its arguments."""
        return f"pieces {self.size} {self.longest}"
