"""What several sub-commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from embedbench.errors import UsageError
from embedbench.experiment.options import Options


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that trains."""
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of all runs (runs)")
    parser.add_argument("--keep_embeddings", action="store_true", help="keep the embeddings of all splits")
    parser.add_argument("--wandb", metavar="PROJECT", help="mirror in a W&B project")
    parser.add_argument("--wandb_mode", choices=("online", "offline", "disabled"), help="default: W&B's own setting")


def run_options(args: argparse.Namespace) -> Options:
    """The options that these arguments ask for."""
    return Options(args.runs, keep_embeddings=args.keep_embeddings, wandb=args.wandb, wandb_mode=args.wandb_mode)


def refuse(command: str, rest: list[str]) -> None:
    """Refuses arguments that a command doesn't know.

    Raises:
        UsageError: If there are any.
    """
    if rest:
        raise UsageError(f"{command} takes no argument {rest[0]!r}; see `embedbench {command} --help`.")


def split_names(text: str | None) -> list[str] | None:
    """Names from a comma-separated list."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
