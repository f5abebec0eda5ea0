"""Writes word vectors as other tools read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.files.atomic import write_text


def write_word2vec(path: Path, words: Sequence[str], vectors: NDArray[np.floating[Any]]) -> None:
    """Write vectors in word2vec's text format (Mikolov et al., 2013), all or nothing.

    The first line holds the number of words and of coordinates; each further line a word and its coordinates, parted by
    single spaces, with the 9 digits that float32 needs to be read back unchanged.

    Args:
        path: File to write.
        words: Without white space, each once.
        vectors: ``(words, dim)``.

    Raises:
        UsageError: If a word is empty, holds white space or occurs twice, or if the file can't be written.
    """
    odd = next((word for word in words if [word] != word.split()), None)
    if odd is not None:
        raise UsageError(f"a word must be without white space in word2vec's text format, got {odd!r}; rename it.")
    if len(set(words)) < len(words):
        raise UsageError("each word must occur once in word2vec's text format; drop the repeated ones.")
    rows = np.asarray(vectors, dtype=np.float32)
    lines = [f"{len(words)} {rows.shape[1]}"]
    form = " ".join(["%.9g"] * rows.shape[1])
    lines += [f"{word} {form % tuple(row)}" for word, row in zip(words, rows.tolist(), strict=True)]
    write_text(path, "\n".join(lines) + "\n")
