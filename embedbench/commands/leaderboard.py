"""``embedbench leaderboard``: build the table from the results on disk."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from embedbench.commands.shared import refuse, split_names

EPILOG = """\
examples:
  embedbench leaderboard runs/
  embedbench leaderboard runs/ --format tex --output table.tex --by clustering/nmi
  embedbench leaderboard runs/ --metrics probe,clustering/ari --split val
"""

_MOST = 4  # processes that read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("path", nargs="?", type=Path, default=Path("runs"), help="folder of the runs (runs)")
    parser.add_argument("--format", default="terminal", help="terminal, md, csv, tex, html or json")
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to write (standard output)")
    parser.add_argument("--by", metavar="METRIC", help="metric to sort by")
    parser.add_argument("--split", choices=("test", "val"), default="test", help="the scored split (test)")
    parser.add_argument("--metrics", help="comma-separated metrics or families to show")


def story(args: argparse.Namespace, rest: list[str]) -> int:
    """Reads the results, renders the table."""
    from embedbench.results.atomic import write_text
    from embedbench.results.leaderboard import Leaderboard
    from embedbench.results.report import pieces
    from embedbench.results.report.base import problem_lines

    refuse("leaderboard", rest)
    metrics = split_names("--metrics", args.metrics)
    board = Leaderboard.read(args.path, args.by, args.split, metrics, min(_MOST, os.cpu_count() or 1))
    for line in problem_lines(board):
        print(f"embedbench: {line[0].lower()}{line[1:]}", file=sys.stderr)
    text = pieces(board, args.format)
    if args.output is None:
        for piece in text:
            sys.stdout.write(piece)
    else:
        write_text(args.output, text)
    return 0
