"""A run's folder on disk: claimed once, filled step by step, read back later."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor

from embedbench.cache import write
from embedbench.errors import UsageError


def claim(folder: Path, config: dict[str, Any], *, overwrite: bool) -> None:
    """Creates a run's folder and its ``config.yaml``.

    Raises:
        UsageError: If the folder exists and isn't to be overwritten, or can't be written.
    """
    if folder.exists() and not overwrite:
        raise UsageError(f"the run folder {folder} exists; add --overwrite, give another --run_id or delete it.")
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        (folder / "config.yaml").write_text(text, encoding="utf8")
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder} ({error.strerror or error}); give a writable folder by --runs DIR."
        ) from None


def embeddings_path(folder: Path, split: str) -> Path:
    """The file of one split's embeddings."""
    return folder / "embeddings" / f"{split}.safetensors"


def save_embeddings(folder: Path, split: str, rows: dict[str, Tensor], key: str) -> None:
    """Writes one split's z, index and (if known) label, with a digest of all that z follows from (or nothing)."""
    write(embeddings_path(folder, split), key, {name: value.numpy() for name, value in rows.items()})
