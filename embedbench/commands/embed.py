"""``embedbench embed``: write a run's embeddings to a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EPILOG = """\
examples:
  embedbench embed runs/ID --split test --output z.npz
  embedbench embed runs/ID --data table --data.path new.csv --split train --output z.safetensors
  embedbench embed runs/ID --output words.txt    # word vectors, as word2vec writes them

Without --data, the run's own data. Rows come in the order of the split.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--split", choices=("train", "val", "test"), default="test", help="rows to embed (test)")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help=".npz, .npy, .safetensors; .txt: word vectors"
    )


def story(args: argparse.Namespace, rest: list[str]) -> int:
    """Restores the run, embeds, writes."""
    from embedbench.experiment.reuse import embed

    shape = embed(args.run, rest, args.split, args.output)
    if shape is not None:
        print(f"embedbench: written {args.output}: {shape[0]} rows of {shape[1]} numbers", file=sys.stderr)
    return 0
