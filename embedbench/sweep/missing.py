"""Runs what a sweep still lacks: a broken off sweep goes on where it stood."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from embedbench.request.options import Options
from embedbench.say import say
from embedbench.sweep.bar import sweep_progress
from embedbench.sweep.engine import cores, run_trials
from embedbench.sweep.first_lines import about_runs
from embedbench.sweep.points import sweep_id
from embedbench.sweep.trial import Trial
from embedbench.sweep.trial_results import finished, record_failures

_MOST = 4


def run_missing(trials: list[Trial], options: Options, workers: int | None, limit: float | None = None) -> list[str]:
    """Runs the trials that haven't finished and sees to it that each has a result.

    Args:
        trials: Of the sweep.
        options: Of every run.
        workers: Processes at a time; one per core, 4 at most, if not given.
        limit: Seconds that a trial may take.

    Returns:
        What failed and couldn't be recorded, a sentence each.

    Raises:
        UsageError: If every trial was refused.
    """
    runs: Path = options.runs
    missing = [trial for trial in trials if not finished(trial, runs)]
    if len(missing) < len(trials):
        say(f"{len(trials) - len(missing)} of {len(trials)} runs had finished before.")
    if not missing:
        return []
    workers = min(workers or min(_MOST, cores()), len(missing))
    say(about_runs(missing, workers))
    options = replace(options, overwrite=True, quiet=True, sweep={"id": sweep_id(trials)})
    with sweep_progress(missing, workers) as report:
        outcomes = run_trials(missing, options, workers, report, limit)
    return record_failures(trials, outcomes, options)
