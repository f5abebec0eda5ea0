"""What several sub-commands share."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.errors import RunError, UsageError, unknown
from embedbench.files.destination import check_folder
from embedbench.request.options import Options
from embedbench.request.request import TOP, pairs
from embedbench.say import say

if TYPE_CHECKING:
    from embedbench.sweep.trial import Trial

_YEAR = 8760 * 3600.0  # seconds


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that trains."""
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of all runs (runs)")
    parser.add_argument("--keep_embeddings", action="store_true", help="keep the embeddings of all splits")
    parser.add_argument("--wandb", metavar="PROJECT", help="mirror in a W&B project")
    parser.add_argument("--wandb_mode", choices=("online", "offline", "disabled"), help="default: W&B's own setting")


def run_options(args: argparse.Namespace) -> Options:
    """The options that these arguments ask for."""
    return Options(args.runs, keep_embeddings=args.keep_embeddings, wandb=args.wandb, wandb_mode=args.wandb_mode)


def add_sweep_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that trains many and ranks them."""
    parser.add_argument("--workers", type=int, help="processes at a time (one per core, 4 at most)")
    parser.add_argument("--trial_timeout", metavar="TIME", help="end a run after so long, such as 90s, 30m or 2h")
    parser.add_argument("--goal", metavar="NAME", help="what it is for: a file of conf/goal (overview)")
    parser.add_argument("--by", metavar="METRIC", help="metric to sort by")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder of the leaderboard files (that of the runs)")
    add_run_options(parser)


def check_sweep(args: argparse.Namespace, trial: Trial) -> None:
    """Refuses arguments of ``add_sweep_options`` that can't be used, before anything is looked at.

    Args:
        args: As they were given.
        trial: One of those that will be run.

    Raises:
        UsageError: If there is one.
    """
    from embedbench.results.report import FILES

    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers must be 1 or more, got {args.workers}.")
    check_folder("--runs", args.runs, () if args.output else FILES)
    if args.output:
        check_folder("--output", args.output, FILES)
    seconds("--trial_timeout", args.trial_timeout)
    if args.by is not None:
        _check_metric(args.by, trial)


def with_goal(args: argparse.Namespace, rest: list[str]) -> list[str]:
    """The arguments of every run, and before them the metrics that the goal measures, of which it says something.

    Raises:
        UsageError: If there is no such goal, or the suite has nothing that it measures.
    """
    from embedbench.request.request import only, read_args
    from embedbench.results.table.goals import read_goal

    goal = read_goal(args.goal)
    if args.goal is not None:
        say(f"goal {goal.name}: {goal.sentence[0].lower()}{goal.sentence[1:]}")
    if not goal.metrics:
        return rest
    from embedbench.request.suite_request import make_suite

    return [only(goal.measured(make_suite(read_args([])["suite"]).measures())), *rest]


def complete(trials: list[Trial], args: argparse.Namespace) -> int:
    """Runs the trials that haven't finished, prints and writes the leaderboard of all.

    Returns:
        The exit code: 1 if a run failed.

    Raises:
        UsageError: If every trial is bad input.
    """
    from embedbench.results.report import render, write_all
    from embedbench.results.report.stem import free_stem
    from embedbench.results.table.board import Leaderboard
    from embedbench.sweep.missing import run_missing
    from embedbench.sweep.trial_results import load_results

    limit = seconds("--trial_timeout", args.trial_timeout)
    lost = run_missing(trials, run_options(args), args.workers, limit)
    results = load_results(trials, args.runs)
    board = Leaderboard(results, by=args.by, goal=args.goal)
    unwritten: RunError | None = None
    try:  # files come first: a terminal that takes no table costs none
        folder = args.output or args.runs
        paths = write_all(board, folder, free_stem(board, folder))
        say(f"written {', '.join(str(path) for path in paths)}")
    except (RunError, UsageError) as error:
        unwritten = RunError(str(error))
    failed = [f"{one.run_id}: {one.error}" for one in results if one.status != "finished"]
    for line in [*failed, *lost]:
        say(f"failed: {line}")
    print(render(board, "terminal"))
    if unwritten is not None:
        raise unwritten
    return 1 if failed or lost else 0


def seconds(option: str, text: str | None) -> float | None:
    """A time such as 90, 90s, 30m or 2h; ``None`` if the option wasn't given.

    Raises:
        UsageError: If it is no time, none above 0, or more than a year, of which no clock of the system knows.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if found is None or not float(found[1]):
        raise UsageError(f"{option} must be a time such as 90s, 30m or 2h, got {text!r}.")
    given = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]
    if given > _YEAR:
        raise UsageError(f"{option} must be at most a year, 8760h, got {text!r}; leave it out for no limit.")
    return given


def _check_metric(by: str, trial: Trial) -> None:
    """Refuses a metric that the suite doesn't report, before anything is trained."""
    from embedbench.request.data_path import columns_aside
    from embedbench.request.suite_request import make_suite

    suite = make_suite(trial.request["suite"])
    columns = columns_aside(trial.request["data"].get("init_args") or {})
    known = [*suite.measures(), *(name for column in columns for name in suite.names_by(column))]
    if by not in known:
        raise unknown("metric", by, known)


def check_keys(args: argparse.Namespace, rest: list[str]) -> None:
    """Refuses a key that neither the command nor a request knows, so that the nearest of all can be named.

    Raises:
        UsageError: If there is one.
    """
    own = [name for name in vars(args) if name not in ("command", "handle")]
    for key, _ in pairs(rest):
        if key.partition(".")[0] not in ("config", *TOP):
            raise unknown("key", f"--{key}", [f"--{name}" for name in ("config", *TOP, *own)])


def refuse(command: str, rest: list[str]) -> None:
    """Refuses arguments that a command doesn't know.

    Raises:
        UsageError: If there are any.
    """
    if rest:
        raise UsageError(f"{command} takes no argument {rest[0]!r}; see `embedbench {command} --help`.")


def split_names(option: str, text: str | None) -> list[str] | None:
    """Names from a comma-separated list; ``None`` if the option wasn't given.

    Raises:
        UsageError: If it was given without a name.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"{option} names nothing; give one name or more, with commas between them.")
    return names
