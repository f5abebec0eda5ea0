"""Encoders of the Hugging Face hub, for texts and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from embedbench.encoders.hub import load
from embedbench.encoders.reader import Reader
from embedbench.encoders.vocabulary import Vocabulary, write
from embedbench.errors import UsageError
from embedbench.functional.word_mean import token_mean
from embedbench.types import DataSpec

Pooling = Literal["mean", "cls"]
_ANY = 10**9  # what transformers writes as a limit where there is none is far above


@dataclass(frozen=True)
class OwnTokenizer(Reader):
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
        return write(
            tokenizer.backend_tokenizer, tokenizer.pad_token, tokenizer.unk_token, tokenizer.mask_token, longest
        )

    @property
    def key(self) -> None:
        """Not cached: the files at a path may change, and loading them is quick."""


class TextEncoder(nn.Module):
    """A pretrained model of texts and how its states become one vector.

    Args:
        path: Name on the hub, or a folder.
        vocabulary: What turned the texts into token ids.
        pooling: The mean of the last states of all tokens, marks among them and padding not, or the first token's.

    Attributes:
        out_dim: Size of the vector.

    Raises:
        UsageError: If the model can't be loaded, or the tokenizer has tokens that it doesn't know.
    """

    def __init__(self, path: str, vocabulary: Vocabulary, pooling: Pooling) -> None:
        super().__init__()
        from transformers import AutoModel

        self.model: Any = load(AutoModel, path, "model")
        self.pad, self.pooling = vocabulary.pad, pooling
        self.out_dim: int = self.model.config.hidden_size
        known = self.model.get_input_embeddings().num_embeddings
        if vocabulary.size > known:
            raise UsageError(
                f"the tokenizer of {path} has {vocabulary.size} tokens and its model knows {known}; give a folder "
                "whose tokenizer and model belong together."
            )

    def forward(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length) -> (batch, out_dim)``."""
        there = x != self.pad  # (batch, length)
        states: Tensor = self.model(input_ids=x, attention_mask=there.long()).last_hidden_state
        if self.pooling == "cls":
            return states[:, 0]
        return token_mean(states, there)


class ImageEncoder(nn.Module):
    """A pretrained model of images and how its states become one vector.

    Images are brought to the size, the three channels and the mean and standard deviation that the model was trained
    with.

    Args:
        path: Name on the hub, or a folder.
        pooling: The mean over all states (patches, and the class token if there is one), or the first.

    Attributes:
        out_dim: Size of the vector.

    Raises:
        UsageError: If the model or its image processor can't be loaded.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, path: str, pooling: Pooling) -> None:
        super().__init__()
        from transformers import AutoImageProcessor, AutoModel

        self.model: Any = load(AutoModel, path, "model")
        self.pooling, self.out_dim = pooling, self.model.config.hidden_size
        processor = load(AutoImageProcessor, path, "image processor")
        size = processor.crop_size if getattr(processor, "do_center_crop", False) else processor.size
        self.size = int(size["height"]), int(size["width"])
        for name, values in (("mean", processor.image_mean), ("sd", processor.image_std)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Images in [0, 1], ``(batch, channels, height, width) -> (batch, out_dim)``."""
        wide = interpolate(x, self.size, mode="bilinear", antialias=True, align_corners=False)
        states: Tensor = self.model(pixel_values=(wide - self.mean) / self.sd).last_hidden_state
        return states[:, 0] if self.pooling == "cls" else states.mean(1)


def make_pretrained(path: str, spec: DataSpec, pooling: Pooling) -> TextEncoder | ImageEncoder:
    """The encoder at a path, for texts that were read with its tokenizer or for images; evaluating, not training.

    Raises:
        UsageError: If it can't be loaded, or the data are a table.
    """
    if spec.modality == "tabular":
        raise UsageError("model `pretrained` takes texts or images, but the data are a table; choose another model.")
    text = spec.modality == "text"
    made = TextEncoder(path, Vocabulary(spec.vocabulary), pooling) if text else ImageEncoder(path, pooling)
    return made.eval()
