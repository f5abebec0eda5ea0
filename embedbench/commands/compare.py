"""``embedbench compare``: train several models under one protocol and rank them."""

from __future__ import annotations

import argparse

from embedbench.catalog import names
from embedbench.commands.shared import add_sweep_options, check_keys, check_sweep, complete, split_names, with_goal
from embedbench.errors import UsageError
from embedbench.request.check_data import check_data
from embedbench.request.data_path import hints, refuse_unfit_path
from embedbench.request.first_checks import check_values, check_words
from embedbench.request.request import pairs
from embedbench.say import say

EPILOG = """\
examples:
  embedbench compare                  one of each kind on digits, 3 seeds (sweeps/compare.yaml)
  embedbench compare --data wine --models raw,pca,supervised --seeds 5
  embedbench compare --data my.csv --data.label y --goal classes

Without --models it takes those that fit the data: of texts those of sweeps/compare_text.yaml, of
given distances those of sweeps/compare_relations.yaml, else those of sweeps/compare.yaml. Further
arguments go to every run, as in `embedbench run`. Run it again: it skips what is finished.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("--models", help="comma-separated names (those of sweeps/compare*.yaml that fit the data)")
    parser.add_argument("--data", help="a file or a folder, or the name of a data set (digits)")
    parser.add_argument("--seeds", type=int, help="number of seeds (3)")
    parser.add_argument("--folds", type=int, help="number of test folds, each run with every seed (a single split)")
    add_sweep_options(parser)


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Makes the grid, looks at the data, runs what is missing of what fits them, ranks what has finished."""
    from embedbench.sweep.candidates import ANY, PRETRAINED
    from embedbench.sweep.fitting_trials import fitting_trials
    from embedbench.sweep.points import make_trials
    from embedbench.sweep.trial_results import finished
    from embedbench.text.sentence_encoder import encoder_at_hand

    check_keys(args, rest)
    rest = with_goal(args, rest)
    named = bool(args.models) or any(key == "model" for key, _ in pairs(rest))
    if args.models and any(key == "model" for key, _ in pairs(rest)):
        raise UsageError("--models and --model name models twice; put all of them into --models.")
    check_words(rest, args.data, split_names("--models", args.models) or ())
    grids = _grids(args, named=named)
    by_kind = {kind: make_trials(grid, rest) for kind, grid in grids.items()}
    if "text" in grids and (encoder := encoder_at_hand()) is not None:
        given = {"model": [PRETRAINED], **{f"model.{name}": [value] for name, value in encoder._asdict().items()}}
        by_kind["text"] += make_trials({**grids["text"], **given}, rest)
    check_sweep(args, by_kind[ANY][0])
    check_data([trial.request["data"] for trial in by_kind[ANY]])
    check_values([trial.request for trials in by_kind.values() for trial in trials], each=named)
    if args.data:
        own = by_kind[ANY][0].request["data"].get("init_args") or {}
        refuse_unfit_path(args.data, own)
        for hint in hints(args.data, own):
            say(f"hint: {hint}")
    done = [trials for trials in by_kind.values() if all(finished(trial, args.runs) for trial in trials)]
    return complete(done[0] if done else fitting_trials(by_kind, named=named), args)


def _grids(args: argparse.Namespace, *, named: bool) -> dict[str, dict[str, list[object]]]:
    """The grid of each kind of data that has one, sweeps/compare_KIND.yaml, and sweeps/compare.yaml for all others."""
    from embedbench.sweep.candidates import ANY, KINDS
    from embedbench.sweep.points import load_grid

    known = names("sweeps")
    files = {ANY: "compare", **{kind: f"compare_{kind}" for kind in KINDS if f"compare_{kind}" in known and not named}}
    grids = {kind: load_grid(name) for kind, name in files.items()}
    for grid in grids.values():
        _narrow(grid, args)
        grid["data"] = grids[ANY]["data"]
    return grids


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
