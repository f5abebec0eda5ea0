"""``embedbench compare``: train several models under one protocol and rank them."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.commands.shared import add_run_options, check_folder, check_keys, run_options, split_names
from embedbench.errors import UsageError, unknown

if TYPE_CHECKING:
    from embedbench.sweep.trial import Trial

EPILOG = """\
examples:
  embedbench compare                  one of each kind on digits, 3 seeds (sweeps/compare.yaml)
  embedbench compare --data wine --models raw,pca,supervised --seeds 5
  embedbench compare --data table --data.path my.csv --data.label y

Further arguments go to every run, as in `embedbench run`. Run it again: it skips what is finished.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("--models", help="comma-separated names (one of each kind)")
    parser.add_argument("--data", help="name of the data set (digits)")
    parser.add_argument("--seeds", type=int, help="number of seeds (3)")
    parser.add_argument("--workers", type=int, help="processes at a time (one a core, 4 at most)")
    parser.add_argument("--by", metavar="METRIC", help="metric to sort by")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of the leaderboard files (that of the runs)")
    add_run_options(parser)


def story(args: argparse.Namespace, rest: list[str]) -> int:
    """Makes the grid, runs what is missing, ranks what has finished."""
    from embedbench.results.leaderboard import Leaderboard
    from embedbench.results.report import render, write_all
    from embedbench.sweep.grid import load_grid, make_trials
    from embedbench.sweep.record import load_results

    check_keys(args, rest)
    for option, folder in (("--runs", args.runs), ("--output", args.output or args.runs)):
        check_folder(option, folder)
    grid = load_grid("compare")
    _narrow(grid, args)
    trials = make_trials(grid, rest)
    if args.by is not None:
        _check_metric(args.by, trials[0])
    _run_missing(trials, args)
    results = load_results(trials, args.runs)
    board = Leaderboard(results, by=args.by)
    print(render(board, "terminal"))
    paths = write_all(board, args.output or args.runs)
    print(f"embedbench: written {', '.join(str(path) for path in paths)}", file=sys.stderr)
    failed = [result for result in results if result.status != "finished"]
    for result in failed:
        print(f"embedbench: failed: {result.run_id}: {result.error}", file=sys.stderr)
    return 1 if failed else 0


def _run_missing(trials: list[Trial], args: argparse.Namespace) -> None:
    """Runs the trials that haven't finished and sees to it that each has a result."""
    from embedbench.sweep.engine import cores, run_trials
    from embedbench.sweep.grid import sweep_id
    from embedbench.sweep.progress import sweep_progress
    from embedbench.sweep.record import finished, record_failures

    missing = [trial for trial in trials if not finished(trial, args.runs)]
    if len(missing) < len(trials):
        print(f"embedbench: {len(trials) - len(missing)} of {len(trials)} runs had finished before.", file=sys.stderr)
    if missing:
        options = replace(run_options(args), overwrite=True, quiet=True, sweep={"id": sweep_id(trials)})
        with sweep_progress(len(missing)) as report:
            outcomes = run_trials(missing, options, args.workers or min(4, cores()), report)
        record_failures(trials, outcomes, options)


def _check_metric(by: str, trial: Trial) -> None:
    """Refuses a metric that the suite doesn't report, before anything is trained."""
    from embedbench.experiment.suite import make_suite

    known = make_suite(trial.request["suite"]).measures()
    if by not in known:
        raise unknown("metric", by, known)


def _narrow(grid: dict[str, list[object]], args: argparse.Namespace) -> None:
    """Replaces the sweep's models, data and seeds by those asked for."""
    for name, least in (("seeds", 1), ("workers", 1)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise UsageError(f"--{name} must be {least} or more, got {value}.")
    if models := split_names("--models", args.models):
        grid["model"] = list(models)
    if args.data:
        grid["data"] = [args.data]
    if args.seeds:
        grid["seed_everything"] = list(range(args.seeds))
