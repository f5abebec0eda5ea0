"""A pretrained encoder of sentences that lies on this machine: named by its owner, or in the hub's cache. Light."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

VARIABLE = "EMBEDBENCH_ENCODER"
_POOLING = "1_Pooling/config.json"  # of sentence-transformers, which names how states become one vector
_FILES = ("config.json", "model.safetensors", "tokenizer.json", _POOLING)


class SentenceEncoder(NamedTuple):
    """A pretrained encoder.

    Attributes:
        path: Name on the hub, or a folder.
        pooling: As the model `pretrained` takes it: "mean" or "cls".
    """

    path: str
    pooling: str


def encoder_at_hand() -> SentenceEncoder | None:
    """The encoder that ``$EMBEDBENCH_ENCODER`` names, else the first by name of those in the hub's cache.

    In the cache that is a model of sentence-transformers with all of its files, of the revision that is called main,
    whose vectors are means of states or the first state. Nothing is asked of the hub. ``None`` if there is none.
    """
    if given := os.environ.get(VARIABLE):
        return SentenceEncoder(given, _pooling(Path(given)) or "mean")
    return next(_cached(), None)


def _cached() -> Iterator[SentenceEncoder]:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    for model in sorted(cache.glob("models--*")):
        main = model / "refs" / "main"
        folder = model / "snapshots" / (main.read_text(encoding="ascii").strip() if main.is_file() else "main")
        if all((folder / name).is_file() for name in _FILES) and (pooling := _pooling(folder)) is not None:
            yield SentenceEncoder(str(folder), pooling)


def _pooling(folder: Path) -> str | None:
    """How the files of sentence-transformers make one vector of states; ``None`` if they don't say, or otherwise."""
    try:
        told = json.loads((folder / _POOLING).read_text(encoding="utf8"))
    except (OSError, ValueError):
        return None
    modes = [name for name, on in told.items() if name.startswith("pooling_mode") and on is True]
    known = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    return known.get(modes[0]) if len(modes) == 1 else None
