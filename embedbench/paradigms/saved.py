"""Weights on disk, and a finished run's model made of them for another model to build on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from embedbench.arguments.build import build
from embedbench.arguments.check import check_kept
from embedbench.catalog import load_yaml
from embedbench.errors import UsageError
from embedbench.files.atomic import replacing
from embedbench.files.tables.json_types import record_of
from embedbench.files.text_file import check_readable
from embedbench.paradigms.base import Paradigm
from embedbench.results.digests import check_digests
from embedbench.text.tokenizer_spec import TokenizerSpec
from embedbench.types import DataSpec

WEIGHTS = Path("checkpoints") / "model.safetensors"
_MOST = 2**31  # features of a row


def save_weights(folder: Path, model: Paradigm) -> None:
    """Keeps the weights that were scored, and the spec that rebuilds the model, in one file without pickle.

    Raises:
        UsageError: If the folder can't be written to.
    """
    weights = {name: value.detach().contiguous().cpu() for name, value in model.state_dict().items()}
    # safetensors refuses an empty file; models without weights keep their spec beside a placeholder.
    weights = weights or {"": torch.zeros(0)}
    with replacing(folder / WEIGHTS) as temporary:
        save_file(weights, temporary, metadata={"spec": json.dumps(model.spec._asdict())})


def load_weights(folder: Path) -> tuple[DataSpec, dict[str, Tensor]]:
    """The spec and the weights of a finished run.

    Raises:
        UsageError: If the run has none, their file is broken or says something else, or a weight is NaN or infinite.
    """
    if not (folder / WEIGHTS).is_file():
        raise UsageError(f"{folder} holds no {WEIGHTS}; give the folder of a finished run, such as runs/ID.")
    check_readable(folder / WEIGHTS)
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            spec = _spec((file.metadata() or {}).get("spec"))
            weights = {name: file.get_tensor(name) for name in file.keys() if name}  # noqa: SIM118 (it has no iterator)
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"cannot read {folder / WEIGHTS} ({reason}); run it again with --overwrite.") from None
    for name, weight in weights.items():
        if not bool(weight.isfinite().all()):
            raise UsageError(f"{folder / WEIGHTS} holds NaN or infinite numbers in {name!r}; run it again.")
    return spec, weights


def _spec(text: str | None) -> DataSpec:
    """The spec that the weights' file keeps.

    Raises:
        ValueError: If it isn't one.
    """
    if text is None:
        raise ValueError("it keeps no spec of the data")
    spec = record_of(DataSpec, json.loads(text))
    if min(spec.shape, default=1) < 1 or spec.features > _MOST or spec.n_rows < 1:
        raise ValueError(f"its spec can't have the shape {spec.shape} and {spec.n_rows} rows")
    return spec


def load_run(folder: Path, spec: DataSpec) -> Paradigm:
    """The model of a finished run with its weights, to embed rows of the same kind; it is not trained further.

    Args:
        folder: Of the run.
        spec: Of the rows that it is to embed.

    Raises:
        UsageError: If the folder is no finished run, can't be used, or takes other rows.
    """
    check_digests(folder)
    own, weights = load_weights(folder)
    if (own.modality, own.shape, own.vocabulary) != (spec.modality, spec.shape, spec.vocabulary):
        raise UsageError(
            f"the run {folder} takes {own.modality} rows of shape {own.shape}, but the data are {spec.modality} rows "
            f"of shape {spec.shape}; give a run on data like these."
        )
    where, group = f"{folder / 'config.yaml'}: model", load_yaml(folder / "config.yaml").get("model")
    check_kept(where, group, Paradigm)
    assert isinstance(group, dict)  # as was checked
    built = build(where, group, Paradigm)
    if built.kind.sees != "x":  # type: ignore[attr-defined]  # a paradigm, as was checked
        raise UsageError(f"the run {folder} embeds labels, not rows; give a run of another model.")
    try:
        model: Paradigm = built.make(own)
        model.load_state_dict(weights)
    except UsageError:
        raise
    except (RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"the run {folder} can't be used again ({reason}); make it anew with --overwrite.") from None
    return model.eval().requires_grad_(False)


@dataclass(frozen=True)
class RunTokenizer(TokenizerSpec):
    """How a finished run read its rows.

    Args:
        folder: Of the run.
    """

    folder: Path

    @property
    def run(self) -> Path:
        """The run, whose preprocessing is applied."""
        return self.folder

    def vocabulary(self, texts: Sequence[str]) -> str:
        """Learns nothing: it is that of the run.

        Raises:
            UsageError: If the run has none.
        """
        found = load_weights(self.folder)[0].vocabulary
        if not found:
            raise UsageError(f"the run {self.folder} reads no texts, but the data are; give a run on texts.")
        return found

    @property
    def key(self) -> None:
        """Not cached: it is at hand."""
