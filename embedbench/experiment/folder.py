"""A run's folder on disk: claimed once, filled step by step, read back later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from embedbench.errors import UsageError
from embedbench.paradigms.base import Paradigm
from embedbench.types import DataSpec

WEIGHTS = Path("checkpoints") / "model.safetensors"


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


def save_weights(folder: Path, model: Paradigm) -> None:
    """Keeps the weights that were scored, and the spec that rebuilds the model, in one file without pickle."""
    (folder / WEIGHTS).parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().contiguous().cpu() for name, value in model.state_dict().items()}
    # safetensors refuses an empty file; models without weights keep their spec beside a placeholder.
    weights = weights or {"": torch.zeros(0)}
    save_file(weights, folder / WEIGHTS, metadata={"spec": json.dumps(model.spec._asdict())})


def load_weights(folder: Path) -> tuple[DataSpec, dict[str, Tensor]]:
    """The spec and the weights of a finished run.

    Raises:
        UsageError: If the run has none, or their file is broken.
    """
    if not (folder / WEIGHTS).is_file():
        raise UsageError(f"{folder} holds no {WEIGHTS}; give the folder of a finished run, such as runs/ID.")
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            spec = json.loads(file.metadata()["spec"])
            weights = {name: file.get_tensor(name) for name in file.keys() if name}  # noqa: SIM118 (it has no iterator)
    except SafetensorError as error:
        raise UsageError(f"cannot read {folder / WEIGHTS} ({error}); run it again with --overwrite.") from None
    # JSON has lists for tuples.
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in spec.items()}
    return DataSpec(**fields), weights


def save_embeddings(folder: Path, split: str, rows: dict[str, Tensor]) -> None:
    """Writes one split's z, index and (if known) label."""
    path = folder / "embeddings" / f"{split}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in rows.items()}, path)
