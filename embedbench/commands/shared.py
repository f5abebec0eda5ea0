"""What several sub-commands share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from embedbench.errors import UsageError, unknown
from embedbench.experiment.options import Options
from embedbench.experiment.request import TOP, pairs


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that trains."""
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of all runs (runs)")
    parser.add_argument("--keep_embeddings", action="store_true", help="keep the embeddings of all splits")
    parser.add_argument("--wandb", metavar="PROJECT", help="mirror in a W&B project")
    parser.add_argument("--wandb_mode", choices=("online", "offline", "disabled"), help="default: W&B's own setting")


def run_options(args: argparse.Namespace) -> Options:
    """The options that these arguments ask for."""
    return Options(args.runs, keep_embeddings=args.keep_embeddings, wandb=args.wandb, wandb_mode=args.wandb_mode)


def check_keys(args: argparse.Namespace, rest: list[str]) -> None:
    """Refuses a key that neither the command nor a request knows, so that the nearest of all can be named.

    Raises:
        UsageError: If there is one.
    """
    own = [name for name in vars(args) if name not in ("command", "story")]
    for key, _ in pairs(rest):
        if key.partition(".")[0] not in ("config", *TOP):
            raise unknown("key", f"--{key}", [f"--{name}" for name in ("config", *TOP, *own)])


def refuse(command: str, rest: list[str]) -> None:
    """Refuses arguments that a command doesn't know.

    Raises:
        UsageError: If there are any.
    """
    if rest:
        raise UsageError(f"{command} takes no argument {rest[0]!r}; see `embedbench {command} --help`.")


def check_folder(option: str, folder: Path) -> None:
    """Refuses a folder that can't be written to, before any work is done for it.

    Raises:
        UsageError: If it, or the nearest folder above it that exists, is no folder or not writable.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise UsageError(f"{option}: cannot write below {there}; choose a folder that you may write to.")


def split_names(option: str, text: str | None) -> list[str] | None:
    """Names from a comma-separated list; ``None`` if the option wasn't given.

    Raises:
        UsageError: If it was given without a name.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"{option} names nothing; give one name or more, with commas between them.")
    return names
