"""Encoders of the Hugging Face hub, for texts and images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from embedbench.encoders.base import Encoder
from embedbench.errors import UsageError
from embedbench.functional.word_mean import token_mean
from embedbench.text.hub import load
from embedbench.text.own_tokenizer import OwnTokenizer
from embedbench.text.tokenizer_spec import TextLength, TokenizerSpec
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import DataSpec

Pooling = Literal["mean", "cls"]


class Pretrained(Encoder):
    """A pretrained model, to be trained further; dropout as its configuration says.

    Args:
        spec: Of texts that were read with its tokenizer, or of images.
        path: Name on the hub (``owner/name``), or a folder with configuration, weights and tokenizer.
        pooling: "mean" over the last states of all tokens or patches (Reimers & Gurevych, 2019), or "cls", the first.
        longest: Most tokens of one text; the most that the model takes if not given. The rest is cut, and counted.

    Raises:
        UsageError: If the model can't be loaded or doesn't take the data.
    """

    def __init__(
        self, spec: DataSpec, path: str | Path, pooling: Pooling = "mean", longest: TextLength | None = None
    ) -> None:
        super().__init__()
        if spec.modality == "tabular":
            raise UsageError("pretrained encoders take texts or images, but the data are a table; choose another.")
        text = spec.modality == "text"
        name = str(path)
        body = TextEncoder(name, Vocabulary(spec.vocabulary), pooling) if text else ImageEncoder(name, pooling)
        self.body, self.out_dim = body.float().train(), body.out_dim
        # A layer behind the first state, which `last_hidden_state` goes past: no gradient reaches it.
        if isinstance(pooler := getattr(body.model, "pooler", None), nn.Module):
            pooler.requires_grad_(False)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """The model's own tokenizer."""
        return OwnTokenizer(str(arguments["path"]), arguments["longest"])

    def forward(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length)``, or images in [0, 1], to ``(batch, out_dim)``."""
        found: Tensor = self.body(x)
        return found


class TextEncoder(nn.Module):
    """A pretrained model of texts and how its states become one vector.

    Args:
        path: Name on the hub, or a folder.
        vocabulary: What turned the texts into token ids.
        pooling: The mean of the last states of all tokens, marks among them and padding not, or the first token's.

    Attributes:
        out_dim: Size of the vector.
        config: The model's own configuration, as its file has it.

    Raises:
        UsageError: If the model can't be loaded, or the tokenizer has tokens that it doesn't know.
    """

    def __init__(self, path: str, vocabulary: Vocabulary, pooling: Pooling) -> None:
        super().__init__()
        from transformers import AutoModel

        self.model: Any = load(AutoModel, path, "model")
        self.pad, self.pooling = vocabulary.pad, pooling
        self.out_dim: int = self.model.config.hidden_size
        self.config: str = self.model.config.to_json_string()
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
        config: The model's own configuration, as its file has it.

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
        self.config: str = self.model.config.to_json_string()
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
