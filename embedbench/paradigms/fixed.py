"""Embeddings with nothing to fit: the floor and the ceiling of a table."""

from __future__ import annotations

from embedbench.paradigms.base import Paradigm


class Fixed(Paradigm):
    """A paradigm that is ready as built."""

    kind = "baseline"
    fitting = "none"
