"""``embedbench compare``: train several models under one protocol and rank them."""

from __future__ import annotations

import argparse

from embedbench.commands.shared import add_sweep_options, check_keys, complete, split_names
from embedbench.errors import UsageError
from embedbench.request.request import pairs

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
    parser.add_argument("--folds", type=int, help="number of test folds, each run with every seed (a single split)")
    add_sweep_options(parser)


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Makes the grid, runs what is missing, ranks what has finished."""
    from embedbench.sweep.points import load_grid, make_trials

    check_keys(args, rest)
    if args.models and any(key == "model" for key, _ in pairs(rest)):
        raise UsageError("--models and --model name models twice; put all of them into --models.")
    grid = load_grid("compare")
    _narrow(grid, args)
    return complete(make_trials(grid, rest), args)


def _narrow(grid: dict[str, list[object]], args: argparse.Namespace) -> None:
    """Replaces the sweep's models, data and seeds by those asked for."""
    from embedbench.sweep.points import MOST

    if args.seeds is not None and not 1 <= args.seeds <= MOST:
        raise UsageError(f"--seeds must be in [1, {MOST}], got {args.seeds}.")
    if models := split_names("--models", args.models):
        grid["model"] = list(models)
    if args.data:
        grid["data"] = [args.data]
    if args.folds is not None:
        if not 2 <= args.folds <= MOST:
            raise UsageError(f"--folds must be in [2, {MOST}], got {args.folds}.")
        grid |= {"data.folds": [args.folds], "data.fold": [*range(1, args.folds + 1)]}
    if args.seeds:
        grid["seed_everything"] = list(range(args.seeds))
