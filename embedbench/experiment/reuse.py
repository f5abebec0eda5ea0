"""A finished run used again: its model embeds rows, or is scored once more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from lightning.pytorch import Trainer
from safetensors.torch import save_file

from embedbench.catalog import load_yaml
from embedbench.collect import collect
from embedbench.errors import UsageError
from embedbench.evaluation.suite import Assessment
from embedbench.experiment.fitting import check_processes, make_embedder
from embedbench.experiment.kept import Keeper
from embedbench.experiment.request import read_args
from embedbench.experiment.resolve import Parts, resolve
from embedbench.experiment.row_scores import score_rows
from embedbench.experiment.scoring import embed_splits, labelled, score
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.saved import load_weights
from embedbench.paradigms.word_table import WordModel
from embedbench.results.word2vec import write_word2vec
from embedbench.types import SPLITS, Split


class Reused(NamedTuple):
    """A run's parts, its model with the weights that were scored, and a Trainer to embed with."""

    parts: Parts
    model: Paradigm
    trainer: Trainer


class Rescored(NamedTuple):
    """How a run scores once more, by split, and the splits that had to be embedded for it."""

    assessed: dict[str, Assessment]
    embedded: list[Split]


def rescore(folder: Path, args: list[str]) -> Rescored | None:
    """Scores a run's own data again; ``None`` on ranks other than 0.

    Raises:
        UsageError: If the folder is no finished run, or the data have another shape.
    """
    return score_again(reuse(folder, args), folder)


def score_again(reused: Reused, folder: Path) -> Rescored | None:
    """Scores by embeddings that the cache or the run's folder has, else made and kept; ``None`` on other ranks."""
    (parts, model, trainer), data = reused, reused.parts.data
    keeper = Keeper(trainer, model, data, parts.config["model"])
    known = keeper.read(folder)
    embedded = embed_splits(trainer, model, data, known)
    said = score_rows(trainer, model, data, parts.suite)
    if not trainer.is_global_zero:
        return None
    made = [split for split in embedded if split not in known]
    keeper.write({split: embedded[split] for split in made})
    return Rescored(score(parts.suite, data, embedded, said, model).assessed, made)


def embed(folder: Path, args: list[str], split: Split, output: Path) -> tuple[int, int] | None:
    """Writes one split's embeddings, in the order of its rows, as .npz, .npy or .safetensors; or word vectors as .txt.

    Returns:
        Shape of what was written; ``None`` on ranks other than 0.

    Raises:
        UsageError: If the output has another ending or can't be written, or as ``rescore``.
    """
    if output.suffix not in (".npz", ".npy", ".safetensors", ".txt"):
        raise UsageError(f"--output must end in .npz, .npy, .safetensors or .txt, got {str(output)!r}.")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}; make it first.")
    reused = reuse(folder, args)
    if output.suffix == ".txt":
        return _save_words(output, reused, folder)
    data = reused.parts.data
    place = SPLITS.index(split)
    batches: Any = reused.trainer.predict(reused.model, dataloaders=data.predict_dataloader()[place])
    z = collect(batches, data.rows[split], reused.trainer.strategy.root_device)
    if not reused.trainer.is_global_zero:
        return None
    _save(output, labelled(data, split, z))
    return z.shape[0], z.shape[1]


def _save_words(output: Path, reused: Reused, folder: Path) -> tuple[int, int] | None:
    """Word vectors in word2vec's text format."""
    if not isinstance(reused.model, WordModel):
        raise UsageError(
            f"the model {reused.parts.config['model_name']} of {folder} has no word vectors, which a .txt file is for; "
            "give a run of a model that has, such as ppmi_svd, or another ending."
        )
    words, vectors = reused.model.word_vectors()
    if reused.trainer.is_global_zero:
        write_word2vec(output, words, vectors.numpy())
        return len(words), vectors.shape[1]
    return None


def _save(output: Path, arrays: dict[str, torch.Tensor]) -> None:
    try:
        if output.suffix == ".safetensors":
            save_file(arrays, output)
        elif output.suffix == ".npz":
            np.savez(output, **{name: value.numpy() for name, value in arrays.items()})  # type: ignore[arg-type]
        else:
            np.save(output, arrays["z"].numpy())
    except OSError as error:
        raise UsageError(f"cannot write {output} ({error.strerror or error}); give a writable --output.") from None


def reuse(folder: Path, args: list[str]) -> Reused:
    """A finished run's parts with its weights; further arguments win over its configuration.

    Raises:
        UsageError: If the folder is no finished run, or the data have another shape.
    """
    spec, weights = load_weights(folder)
    request = read_args(["--config", json.dumps(load_yaml(folder / "config.yaml")), *args])
    if request["threads"]:
        torch.set_num_threads(request["threads"])
    parts = resolve(request)
    parts.data.reader = spec.vocabulary or parts.data.reader
    shape, kind = parts.data.spec.shape, parts.data.spec.modality
    if kind != spec.modality and "text" in (kind, spec.modality):
        raise UsageError(f"the run {folder} takes {spec.modality} data, but these are {kind}; give data of that kind.")
    if shape != spec.shape:
        raise UsageError(
            f"the run {folder} takes rows of shape {spec.shape}, but the data have {shape}; give data of that shape."
        )
    model = parts.make_model(spec)
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise UsageError(f"the weights of {folder} don't fit the model asked for; leave out --model.") from None
    trainer = make_embedder(parts.trainer)
    check_processes(trainer, parts.data.rows)
    return Reused(parts, model, trainer)
