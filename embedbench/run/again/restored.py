"""A finished run on its feet again: its parts, its weights, and what it learned of its data."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from lightning.pytorch import Trainer

from embedbench.data.preprocessing import OF_BEFORE, load_preprocessing, made_of
from embedbench.errors import UsageError
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.saved import load_weights
from embedbench.request.resolve import Parts, resolve
from embedbench.results.digests import check_digests
from embedbench.results.record import FILE_NAME, Result
from embedbench.run.again.reopened import reopen
from embedbench.run.devices import settings_for
from embedbench.run.fitting import make_embedder
from embedbench.run.processes import check_processes
from embedbench.say import say


class Reused(NamedTuple):
    """A run's parts, its model with the weights that were scored, and a Trainer to embed with.

    Attributes:
        folder: Of the run.
        parts: Of its request; no row has been read yet.
        model: With its weights.
        trainer: To embed with.
        is_other: Whether the data are others than the run's own.
    """

    folder: Path
    parts: Parts
    model: Paradigm
    trainer: Trainer
    is_other: bool


def restore(folder: Path, args: list[str], file: Path | None = None) -> Reused:
    """A finished run's parts with its weights; further arguments win over its configuration.

    Args:
        folder: Of the run.
        args: Further arguments, as of ``run``.
        file: To be read instead of the run's own data.

    Raises:
        UsageError: If the folder is no finished run, its files aren't those that were scored, or an argument can't be
            used.
    """
    spec, weights = load_weights(folder)
    check_digests(folder)
    known = load_preprocessing(folder)
    if known is not None and known._replace(encode=None) != made_of(folder, spec, None):
        raise UsageError(f"the weights and the preprocessing of {folder} are of different runs; bring its files back.")
    request, is_other = reopen(folder, args, file)
    if known is None and is_other:
        raise UsageError(f"the run {folder} {OF_BEFORE}.")
    if request["threads"]:
        torch.set_num_threads(request["threads"])
    parts = resolve(request)
    parts.data.known, parts.data.reader = known, spec.vocabulary or None
    try:
        model = parts.make_model(spec)
        model.load_state_dict(weights)
    except UsageError:
        raise
    except RuntimeError:  # of sizes that the memory doesn't hold too
        raise UsageError(f"the weights of {folder} don't fit the model asked for; leave out --model.") from None
    return Reused(folder, parts, model, make_embedder(settings_for(parts.trainer, model)), is_other)


def check_rows(reused: Reused) -> None:
    """Refuses data whose splits the run can't embed.

    Raises:
        UsageError: If they are of another kind or shape, or have fewer rows than there are processes.
    """
    spec, found = reused.model.spec, reused.parts.data.spec
    if found.modality != spec.modality and "text" in (found.modality, spec.modality):
        raise UsageError(
            f"the run {reused.folder} takes {spec.modality} data, but these are {found.modality}; give data of that "
            "kind."
        )
    if found.shape != spec.shape:
        raise UsageError(
            f"the run {reused.folder} takes rows of shape {spec.shape}, but the data have {found.shape}; give data of "
            "that shape."
        )
    check_processes(reused.trainer, reused.parts.data.rows)


def say_notes(reused: Reused) -> None:
    """Prints what is to be said of how the rows were read, as far as the run's record doesn't; on rank 0."""
    if reused.trainer.is_global_zero:
        held = Result.read(reused.folder / FILE_NAME).notes
        for note in reused.parts.data.notes:
            if note not in held:
                say(f"note: {note}")


def say_changed(reused: Reused) -> None:
    """Says that a run's own data aren't those of its record, as a namesake in the current folder; on rank 0."""
    if reused.is_other or not (reused.folder / FILE_NAME).is_file():
        return
    known, found = Result.read(reused.folder / FILE_NAME).dataset_fingerprint, reused.parts.data.fingerprint
    if reused.trainer.is_global_zero and known not in ("", found):
        say(
            f"note: these aren't the data that {reused.folder} ran on (fingerprint {known}, now {found}): they have "
            "changed, are of another folder, or are asked for otherwise"
        )
