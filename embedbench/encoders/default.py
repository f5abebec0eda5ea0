"""The encoder that every learned paradigm takes unless told otherwise, so that rows of a table compare."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from embedbench.encoders.base import Encoder, WithDecoder
from embedbench.encoders.bert import Bert
from embedbench.encoders.conv import Conv
from embedbench.encoders.mlp import MLP
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import DataSpec


def default_encoder(spec: DataSpec) -> Encoder:
    """A small BERT for texts, else what ``default_with_decoder`` gives."""
    return Bert(spec) if spec.modality == "text" else default_with_decoder(spec)


def default_with_decoder(spec: DataSpec) -> WithDecoder:
    """A conv net for images of at least 16×16, an MLP for anything else but texts."""
    return Conv(spec) if spec.modality == "image" and min(spec.shape[1:]) >= 16 else MLP(spec)


def encoder_reader(make: Callable[[DataSpec], Encoder] | None) -> TokenizerSpec:
    """How texts have to be read for an encoder.

    Args:
        make: Its class, alone or with arguments as a ``partial``; ``None`` for the default one.
    """
    call = make if isinstance(make, partial) else partial(make or Bert)
    kind: type[Encoder] = call.func  # type: ignore[assignment]  # what a factory of encoders is
    return kind.reader(arguments_of(call))


def arguments_of(call: partial[Any]) -> dict[str, Any]:
    """The arguments of a call that waits for more, by name, defaults among them."""
    given = inspect.signature(call.func).bind_partial(**call.keywords)
    given.apply_defaults()
    return given.arguments
