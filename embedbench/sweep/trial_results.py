"""What a sweep finds on disk and what it leaves there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from embedbench.errors import RunError, UsageError
from embedbench.request.options import Options
from embedbench.results.environment import environment, utc_now
from embedbench.results.record import FILE_NAME, Result
from embedbench.run.store.owner import is_run
from embedbench.stopping import TERMINATED
from embedbench.sweep.trial import Outcome, Trial


def finished(trial: Trial, runs: Path) -> bool:
    """Whether a trial's result lies in ``runs``, readable and finished."""
    path = runs / trial.run_id / FILE_NAME
    try:
        return path.exists() and Result.read(path).status == "finished"
    except UsageError:  # a broken or newer file: the trial is run again, which replaces it
        return False


def load_results(trials: list[Trial], runs: Path) -> list[Result]:
    """The results of the trials that have one."""
    paths = [runs / trial.run_id / FILE_NAME for trial in trials]
    return [Result.read(path) for path in paths if path.exists()]


def record_failures(trials: list[Trial], outcomes: list[Outcome], options: Options) -> list[str]:
    """Records as failed what couldn't do so itself: trials with bad input, and those whose process died.

    Returns:
        What couldn't be recorded, as on a full disk, a sentence each.

    Raises:
        UsageError: If every trial of the sweep was refused: then it is the whole sweep's input that is bad.
    """
    refused = [outcome.message for outcome in outcomes if outcome.status == "refused"]
    if len(refused) == len(trials):
        raise UsageError(refused[0])
    by_id, lost = {trial.run_id: trial for trial in trials}, []
    for outcome in outcomes:
        if outcome.status in ("refused", "crashed"):
            try:
                _record(by_id[outcome.run_id], outcome, options)
            except (UsageError, RunError) as error:
                lost.append(f"{outcome.run_id}: {outcome.message} (not recorded: {error})")
    return lost


def say_why(trials: list[Trial], runs: Path, word: str) -> None:
    """Has the records of trials that were ended with the sweep say what ended it: they were told by SIGTERM."""
    for trial in trials:
        path = runs / trial.run_id / FILE_NAME
        with suppress(UsageError, RunError):  # what is there stays, and says that the trial was ended
            if path.exists() and (held := Result.read(path)).error == TERMINATED:
                replace(held, error=word).write(path.parent)


def _record(trial: Trial, outcome: Outcome, options: Options) -> None:
    folder = options.runs / outcome.run_id
    if folder.exists() and not is_run(folder):
        raise UsageError(f"{folder} is no run's folder")
    _failure(trial, outcome, options).write(folder)


def _failure(trial: Trial, outcome: Outcome, options: Options) -> Result:
    """The record that a dead process began, completed; else a new one."""
    path, now = options.runs / trial.run_id / FILE_NAME, utc_now()
    if outcome.status == "crashed" and path.exists() and (begun := Result.read(path)).status != "finished":
        return replace(begun, status="failed", error=outcome.message, finished_at=now)
    return Result(
        run_id=trial.run_id,
        status="failed",
        error=outcome.message,
        paradigm="unknown",
        model=trial.request["model_name"],
        model_class=trial.request["model"]["class_path"],
        dataset=trial.request["data_name"],
        seed=trial.request["seed_everything"],
        environment=environment(),
        config=trial.request,
        sweep={**(options.sweep or {}), "trial": trial.run_id},
        started_at=now,
        finished_at=now,
    )
