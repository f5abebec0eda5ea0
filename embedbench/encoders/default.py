"""The encoder that every learned paradigm takes unless told otherwise, so that rows of a table compare."""

from __future__ import annotations

from embedbench.encoders.base import Encoder
from embedbench.encoders.conv import Conv
from embedbench.encoders.mlp import MLP
from embedbench.types import DataSpec


def default_encoder(spec: DataSpec) -> Encoder:
    """A conv net for images of at least 16×16, an MLP for anything else."""
    return Conv(spec) if spec.modality == "image" and min(spec.shape[1:]) >= 16 else MLP(spec)
