"""Metrics added to the record of a run that has finished: what it holds stays, and what is new says by what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from embedbench.errors import UsageError
from embedbench.evaluation.suite import Assessment, notes_of
from embedbench.request.request import only, pairs
from embedbench.results.environment import environment
from embedbench.results.queries import add_queries, write_classes
from embedbench.results.record import FILE_NAME, Result
from embedbench.run.again.reuse import Rescored, reuse, score_again
from embedbench.run.quiet import quiet_lightning
from embedbench.run.store.owner import Owner
from embedbench.types import Measure

# What changes no number: where the work is done, and the word tests, which other metrics don't look at.
_FREE = (
    "threads",
    *(f"trainer.{key}" for key in ("accelerator", "devices", "num_nodes", "strategy")),
    "suite.word_tests",
)
_SAME = 1e-6
_PATIENCE = 60  # seconds to wait for others who add, which takes them a moment


@quiet_lightning()
def add_metrics(folder: Path, names: list[str], args: list[str]) -> tuple[Rescored | None, list[str]]:
    """Scores a run by some metrics and adds those to its record that it doesn't have.

    Args:
        folder: Of the run.
        names: Families or single metrics.
        args: Further arguments, of those that change no number.

    Returns:
        The scores (``None`` on ranks other than 0), and what was added, one sentence each.

    Raises:
        UsageError: If the run hasn't finished, its data have changed, an argument asks for another protocol than its
            record's, or as `reuse` does.
    """
    for key, _ in pairs(args):
        if key not in _FREE:
            raise UsageError(
                f"--metrics adds to the record of {folder}, which --{key} would not fit; leave it out, or look without "
                f"recording by {only(names)}."
            )
    status = _record(folder).status
    if status != "finished":
        raise UsageError(f"the run {folder} is {status}, and only a finished one is added to; run it again.")
    reused = reuse(folder, [*args, only(names)])
    known, found = _record(folder).dataset_fingerprint, reused.parts.data.fingerprint
    if known and known != found:
        raise UsageError(
            f"the data of {folder} have changed since it ran (fingerprint {known}, now {found}), so that new metrics "
            f"would not fit its record; run it again, or look without recording by {only(names)}."
        )
    rescored = score_again(reused, folder)
    if rescored is None:
        return None, []
    owner = Owner(folder, _PATIENCE)
    try:
        measures = reused.parts.suite.measures(reused.parts.data.further("train"))
        return rescored, _add(folder, rescored, measures)
    finally:
        owner.release()


def _record(folder: Path) -> Result:
    return Result.read(folder / FILE_NAME)


def _add(folder: Path, rescored: Rescored, measures: Mapping[str, Measure]) -> list[str]:
    """Writes the record with what is new; says what that is, and which values of the record differ from those now."""
    held = _record(folder)  # as it is now: others may have added to it meanwhile
    assessed = rescored.assessed
    new = {
        split: [name for name in one.metrics if name not in held.metrics.get(split, {})]
        for split, one in assessed.items()
    }
    names = sorted({name for found in new.values() for name in found})
    remarks = [*_differing(held, assessed), f"added {len(names)} metrics to {folder / FILE_NAME}"]
    if not names:
        return remarks
    for split, one in assessed.items():
        add_queries(folder, split, one.index, one.queries)
        write_classes(folder, split, one.classes, add=True)
    metrics = {split: {**one.metrics, **held.metrics.get(split, {})} for split, one in assessed.items()}
    uncertainty = {split: {**one.uncertainty, **held.uncertainty.get(split, {})} for split, one in assessed.items()}
    here = environment()
    commit = f" ({here['git_commit'][:8]})" if here["git_commit"] else ""
    source = "embeddings made again" if rescored.embedded else "kept embeddings"
    replace(
        held,
        metrics={**held.metrics, **metrics},
        uncertainty={**held.uncertainty, **uncertainty},
        directions={**{name: measures[name].better for name in names}, **held.directions},
        notes=[
            *held.notes,
            *(note for note in notes_of(assessed) if note not in held.notes),
            f"added later by embedbench {here['embedbench']}{commit}, from {source}: {', '.join(names)}",
        ],
    ).write(folder)
    return remarks


def _differing(held: Result, assessed: Mapping[str, Assessment]) -> list[str]:
    """One sentence for each value of the record that would be another now."""
    return [
        f"{split} {name} is {value:.6g} now and {held.metrics[split][name]:.6g} in the record, which stays"
        for split, one in assessed.items()
        for name, value in one.metrics.items()
        if name in held.metrics.get(split, {})
        and not math.isclose(value, held.metrics[split][name], rel_tol=_SAME, abs_tol=_SAME)
    ]
