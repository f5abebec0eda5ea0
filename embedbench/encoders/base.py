"""The encoder's contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any

from torch import Tensor, nn

from embedbench.arguments.checked import Checked
from embedbench.arguments.hints import Range
from embedbench.text.tokenizer_spec import NoTokenizer, TokenizerSpec

TransformerWidth = Annotated[int, Range(ge=32, multiple_of=32)]  # units of a token: heads have 32


class Encoder(nn.Module, Checked, ABC):
    """A network ``(batch, *shape) -> (batch, out_dim)``, made from a ``DataSpec`` alone.

    Attributes:
        out_dim: Number of features that it gives.
    """

    out_dim: int

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """How texts have to be read for it; see ``Paradigm.reader``."""
        return NoTokenizer(f"encoder `{cls.__name__}`", "Bert")

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Features of a batch, ``(batch, *shape) -> (batch, out_dim)``."""


class WithDecoder(Encoder):
    """An encoder of images or tables for which there is a decoder alike."""

    @abstractmethod
    def mirror(self, latent_dim: int) -> nn.Module:
        """A decoder ``(batch, latent_dim) -> (batch, *shape)`` with this network's layers in reverse order."""
