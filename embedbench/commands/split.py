"""``embedbench split``: write which rows train, validate and test."""

from __future__ import annotations

import argparse
from pathlib import Path

from embedbench.commands.shared import check_keys
from embedbench.errors import UsageError
from embedbench.request.request import pairs, read_args
from embedbench.say import say

EPILOG = """\
examples:
  embedbench split --data digits --data.folds 5 --data.fold 2 --output fold2.csv
  embedbench split --data table --data.path my.csv --data.split_by patient --output split.csv
  embedbench run --model pca --data table --data.path my.csv --data.split_file split.csv

The file has a line a row: its number in your file, from 0, its id where --data.id names a column,
and its split. Other tools can read it, so that their vectors are scored on the same rows.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=".csv, .jsonl or .parquet")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Reads the data, divides the rows as a run would, writes where each belongs."""
    check_keys(args, rest)
    for key, _ in pairs(rest):
        if key.partition(".")[0] not in ("data", "data_name", "config"):
            raise UsageError(f"split takes --data and its arguments, and no --{key}; leave it out.")
    request = read_args(rest)
    if "class_path" not in request.get("data", {}):
        raise UsageError("no --data was given; name one (`embedbench list data` shows them all).")
    from embedbench.data.splits.split_file import ENDINGS, write_split
    from embedbench.files.destination import check_file

    check_file("--output", args.output, ENDINGS)
    from embedbench.arguments.build import build
    from embedbench.data.base import EmbeddingDataModule

    data = build("--data", request["data"], EmbeddingDataModule).make()
    table = data.split_table()
    for note in data.notes:
        say(f"note: {note}")
    write_split(args.output, table)
    say(f"written {args.output}: {', '.join(f'{rows} rows {split}' for split, rows in data.rows.items())}")
    return 0
