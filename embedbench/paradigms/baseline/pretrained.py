"""An encoder that others have trained, as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from embedbench.encoders.hugging_face import Pooling, Pretrained
from embedbench.paradigms.base import Paradigm
from embedbench.text.tokenizer_spec import TextLength, TokenizerSpec
from embedbench.types import DataSpec


class FrozenEncoder(Paradigm):
    """A frozen encoder of texts or images from the Hugging Face hub or a folder; its embeddings are cached by content.

    Args:
        spec: Of texts or images.
        path: Name on the hub (``owner/name``), or a folder with configuration, weights and tokenizer.
        pooling: "mean" over the last states of all tokens or patches (Reimers & Gurevych, 2019), or "cls", the first.
        longest: Most tokens of one text; the most that the model takes if not given. The rest is cut, and counted.

    Raises:
        UsageError: If the encoder can't be loaded or doesn't take the data.
    """

    kind = "self_supervised"
    fitting = "none"
    frozen = True

    def __init__(
        self, spec: DataSpec, path: str | Path, pooling: Pooling = "mean", longest: TextLength | None = None
    ) -> None:
        encoder = Pretrained(spec, path, pooling, longest).eval()
        super().__init__(spec, encoder.out_dim)
        self.encoder = encoder.requires_grad_(False)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """The encoder's own tokenizer."""
        return Pretrained.reader(arguments)

    def embed(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length)`` or images to ``(batch, dim)``."""
        found: Tensor = self.encoder(x)
        return found
