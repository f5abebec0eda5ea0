"""``embedbench run``: train one model on one data set and score it."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from embedbench.catalog import check_name
from embedbench.commands.shared import add_run_options, check_keys, run_options
from embedbench.errors import RunError
from embedbench.request.check_data import check_data
from embedbench.request.first_checks import check_values, check_words
from embedbench.request.request import build_request
from embedbench.say import say, visible

EPILOG = """\
arguments of the parts:
  --model NAME, --data NAME, --suite NAME, --trainer NAME   a file of conf/, a path or a class path
  --model.KEY VALUE, --data.KEY, --suite.KEY, --trainer.KEY  its arguments (trainer: Lightning's);
                  `embedbench list models vae` shows them, `list data table` and so on
  --config FILE   all at once    --seed_everything N    --threads N
  --model_name NAME   its row in the table
  --evaluate_every N   score a sample of validation rows every N epochs
  --monitor live/METRIC   choose the weights by it (val/loss)

examples:
  embedbench run --model vae --data fashion_mnist --model.latent_dim 20
  embedbench run --model supervised --data table --data.path my.csv --data.label y
  embedbench run --config runs/ID/config.yaml --runs again
  embedbench run --model vae --data digits --evaluate_every 10 --monitor live/retrieval/map@r
  embedbench run --model pca --data digits --trainer.devices 2 --trainer.strategy ddp
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("--run_id", help="name of the run's folder (made from what is asked)")
    parser.add_argument("--overwrite", action="store_true", help="replace the run's folder if it exists")
    add_run_options(parser)


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Reads the request, runs it, shows the metrics."""
    check_keys(args, rest)
    if args.run_id is not None:
        check_name("--run_id", args.run_id)
    check_words(rest)
    request = build_request(rest)
    check_data([request["data"]])
    check_values([request], each=True)
    if "LOCAL_RANK" not in os.environ:
        say(f"{request['model_name']} on {request['data_name']} ...")
    from embedbench.run.execute import execute

    result = execute(request, replace(run_options(args), run_id=args.run_id, overwrite=args.overwrite))
    if result is None:
        return 0  # another rank writes and reports
    folder = args.runs / result.run_id
    if result.status != "finished":
        raise RunError(f"{result.error} (recorded in {folder}/result.json)")
    from embedbench.commands.show import show_metrics

    for note in result.notes:
        say(f"note: {note}")
    title = f"{result.model} on {result.dataset}, seed {result.seed}"
    show_metrics(title, result.metrics, result.uncertainty)
    print(visible(f"{folder}: fitted in {fit_time(result.timing)}"), file=sys.stderr)
    return 0


def fit_time(timing: dict[str, float]) -> str:
    """Seconds of the fit, and the share of live evaluation in them.

    >>> fit_time({"fit_seconds": 20.0, "live_seconds": 0.5})
    '20.0 s, 2.5 % of them live evaluation'
    """
    fit, live = timing["fit_seconds"], timing.get("live_seconds")
    share = f", {100 * live / fit:.1f} % of them live evaluation" if live and fit else ""
    return f"{fit:.1f} s{share}"
