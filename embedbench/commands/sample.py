"""``embedbench sample``: draw what a generative run's latent space means."""

from __future__ import annotations

import argparse
from pathlib import Path

from embedbench.commands.shared import split_names
from embedbench.errors import UsageError
from embedbench.files.destination import check_folder
from embedbench.say import say

EPILOG = """\
writes PNG files: samples, reconstructions, traversals, interpolation, density, posterior and, of
linear models, loadings.

examples:
  embedbench sample runs/ID --output pictures
  embedbench sample runs/ID --output pictures --joint z3,x100 --given 0.5
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished generative run")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the pictures")
    parser.add_argument("--split", choices=("train", "val", "test"), default="test", help="rows to look at (test)")
    parser.add_argument("--rows", type=int, default=8, help="rows to reconstruct (8)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draws (0)")
    parser.add_argument("--joint", metavar="A,B", help="two coordinates of z or x (the two most active)")
    parser.add_argument("--given", type=float, metavar="VALUE", help="of A, for the conditional of B (the median)")
    parser.add_argument("--bins", type=int, default=30, help="bins of each coordinate (30)")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Restores the run, draws, writes."""
    names = split_names("--joint", args.joint)
    if names is not None and len(names) != 2:
        raise UsageError(f"--joint takes two coordinates such as z0,x12, got {args.joint!r}.")
    if not 0 <= args.seed < 2**32:
        raise UsageError(f"--seed must be a whole number in [0, {2**32 - 1}], got {args.seed}; choose one in there.")
    check_folder("--output", args.output)
    from embedbench.files.atomic import write_bytes
    from embedbench.run.again.pictures import Wanted, pictures

    pair = None if names is None else (names[0], names[1])
    wanted = Wanted(args.rows, args.seed, args.split, pair, args.given, args.bins)
    for name, content in pictures(args.run, rest, wanted).items():
        write_bytes(args.output / name, content)
        say(f"written {args.output / name}")
    return 0
