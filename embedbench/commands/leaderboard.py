"""``embedbench leaderboard``: build the table from the results on disk."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedbench.commands.shared import refuse, split_names
from embedbench.errors import UsageError, unknown
from embedbench.say import say, visible

EPILOG = """\
examples:
  embedbench leaderboard runs/
  embedbench leaderboard runs/ --output table.tex --by clustering/nmi
  embedbench leaderboard runs/ --metrics probe,clustering/ari --split val
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("path", nargs="?", type=Path, default=Path("runs"), help="folder of the runs (runs)")
    parser.add_argument("--format", help="terminal, md, csv, tex, html or json (by the file's ending, else terminal)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to write (standard output)")
    parser.add_argument("--by", metavar="METRIC", help="metric to sort by")
    parser.add_argument("--goal", metavar="NAME", help="what it is for: a file of conf/goal (overview)")
    parser.add_argument("--split", choices=("test", "val"), default="test", help="the scored split (test)")
    parser.add_argument("--metrics", help="comma-separated metrics or families to show")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Reads the results, renders the table."""
    from embedbench.files.atomic import write_text
    from embedbench.results.report import in_pieces
    from embedbench.results.report.base import problem_lines
    from embedbench.results.table.board import Leaderboard

    refuse("leaderboard", rest)
    fmt = _format(args.format, args.output)
    with _no_circles():
        metrics = split_names("--metrics", args.metrics)
        board = Leaderboard.read(args.path, args.by, args.split, metrics, args.goal)
        for line in problem_lines(board):
            say(f"{line[0].lower()}{line[1:]}")
        text = in_pieces(board, fmt)
        if args.output is not None:
            write_text(args.output, text)
        else:
            for piece in text:  # of a terminal's with the codes of its own styles
                print(piece if fmt == "terminal" else "\n".join(map(visible, piece.split("\n"))), end="")
    return 0


@contextmanager
def _no_circles() -> Iterator[None]:
    """Nothing looks for circles among the millions of values of many results, which takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _format(asked: str | None, output: Path | None) -> str:
    """The format to render, by the ending of a file; one that is asked for beside has to be the same."""
    from embedbench.files.destination import check_file
    from embedbench.results.report import FILE_FORMATS, FORMATS

    if asked is not None and asked not in FORMATS:
        raise unknown("format", asked, FORMATS)
    if output is None:
        return asked or "terminal"
    ending = check_file("--output", output, [f".{fmt}" for fmt in FILE_FORMATS]).removeprefix(".")
    if asked not in (None, ending):
        raise UsageError(f"--format {asked} and --output {output} differ; leave --format out, the ending says it.")
    return ending
