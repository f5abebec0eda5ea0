"""The tokenizer that belongs to a pretrained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedbench.errors import UsageError
from embedbench.text.hub import load
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.text.vocabulary import serialise

_ANY = 10**9  # what transformers writes as a limit where there is none is far above


@dataclass(frozen=True)
class OwnTokenizer(TokenizerSpec):
    """The tokenizer that a pretrained model was trained with.

    Args:
        path: Name on the hub, or a folder.
        longest: Most tokens of one text, 3 or more; ``None`` takes what the model can.

    Raises:
        UsageError: If ``longest`` is below 3; later, if the tokenizer can't be loaded or used.
    """

    path: str
    longest: int | None

    def __post_init__(self) -> None:
        if self.longest is not None and self.longest < 3:
            raise UsageError(f"`longest` must be 3 or more, two of them marks, got {self.longest}; raise it.")

    def vocabulary(self, texts: Sequence[str]) -> str:
        """Learns nothing: the tokenizer is given."""
        from transformers import AutoConfig, AutoTokenizer

        tokenizer = load(AutoTokenizer, self.path, "tokenizer")
        if not tokenizer.is_fast or tokenizer.pad_token is None:
            raise UsageError(
                f"the tokenizer of {self.path} has no tokenizer.json or no padding token; take another model."
            )
        config = load(AutoConfig, self.path, "model")
        # Positions of RoBERTa and its kin begin behind the padding's number.
        places = getattr(config, "max_position_embeddings", _ANY)
        shifted = config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet")
        most = min(tokenizer.model_max_length, places - (config.pad_token_id + 1 if shifted else 0))
        if self.longest is not None and self.longest > most:
            raise UsageError(f"`longest` must be at most {most} for {self.path}, got {self.longest}; lower it.")
        longest = self.longest or (most if most < _ANY else None)
        return serialise(
            tokenizer.backend_tokenizer, tokenizer.pad_token, tokenizer.unk_token, tokenizer.mask_token, longest
        )

    @property
    def key(self) -> None:
        """Not cached: the files at a path may change, and loading them is quick."""
