"""``embedbench sweep``: run a W&B sweep file of method grid on this machine and rank its runs."""

from __future__ import annotations

import argparse

from embedbench.commands.shared import add_sweep_options, check_keys, check_sweep, complete, with_goal
from embedbench.request.check_data import check_data
from embedbench.request.first_checks import check_values, check_words

EPILOG = """\
examples:
  embedbench sweep sweeps/compare.yaml --runs runs/compare
  embedbench sweep fashion_mnist_generative --workers 1
  embedbench sweep my_grid.yaml --trainer.max_steps 500

FILE is a path, or the name of a file in sweeps/. Further arguments go to every run and win over
the file's. Run it again: it skips what is finished. The same file serves `wandb sweep`.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the sweep file")
    add_sweep_options(parser)


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Reads the grid, runs what is missing, ranks what has finished."""
    from embedbench.sweep.points import load_grid, make_trials

    check_keys(args, rest)
    rest = with_goal(args, rest)
    check_words(rest)
    trials = make_trials(load_grid(args.file), rest)
    check_sweep(args, trials[0])
    check_data([trial.request["data"] for trial in trials])
    check_values([trial.request for trial in trials], each=False)
    return complete(trials, args)
