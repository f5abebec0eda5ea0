"""``embedbench embed``: write a run's embeddings to a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from embedbench.say import say

EPILOG = """\
examples:
  embedbench embed runs/ID --output z.npz                        # the run's own test rows
  embedbench embed runs/ID new.csv --output z.parquet --id customer
  embedbench embed runs/ID new.csv --split test --output z.npz   # cut as the run would cut it
  embedbench embed runs/ID --output words.txt                    # word vectors in word2vec's format

A FILE is read as the run read its own data, by what was fitted then; all its rows come in order. Of
the run's own data the rows of test come unless --split says otherwise.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="other rows (a file or folder)")
    parser.add_argument(
        "--split", choices=("train", "val", "test", "all"), help="rows to embed (all of a FILE, else test)"
    )
    parser.add_argument("--id", metavar="COLUMN", help="column of the data to write beside the embeddings")
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=".npz, .npy, .safetensors, .parquet, .csv; .txt: word vectors",
    )


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Restores the run, embeds, writes."""
    from embedbench.run.again.reuse import embed

    bare = [word for word in rest if not word.startswith("--")]  # behind options, argparse leaves a FILE over
    if args.file is None and len(bare) == 1 and not _has_keys_apart(rest):
        args.file, rest = Path(bare[0]), [word for word in rest if word not in bare]
    shape = embed(args.run, rest, args.split, args.output, args.file, args.id)
    if shape is not None:
        say(f"written {args.output}: {shape[0]} rows of {shape[1]} numbers")
    return 0


def _has_keys_apart(rest: list[str]) -> bool:
    """Whether a key may belong to the bare word behind it."""
    return any(word.startswith("--") and "=" not in word for word in rest)
