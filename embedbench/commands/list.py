"""``embedbench list``: show the models, data sets or metrics there are."""

from __future__ import annotations

import argparse

from embedbench.catalog import describe, names
from embedbench.commands.shared import refuse
from embedbench.say import visible

EPILOG = """\
examples:
  embedbench list models
"""
_ARROWS = {"higher": "↑", "lower": "↓", "none": " "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("what", choices=("models", "data", "metrics"))


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Prints one line a name."""
    refuse("list", rest)
    lines = _metrics() if args.what == "metrics" else _files("model" if args.what == "models" else "data")
    width = max((len(name) for name in lines), default=0)
    for name, text in lines.items():
        print(visible(f"{name:<{width}}  {text}"))
    return 0


def _files(folder: str) -> dict[str, str]:
    return {name: describe(path) for name, path in sorted(names(f"conf/{folder}").items())}


def _metrics() -> dict[str, str]:
    from embedbench.evaluation.metrics.base import discover

    found = {}
    for family in discover():
        for name, measure in family.measures.items():
            span = f"[{measure.low:g}, {measure.high:g}]"
            found[f"{family.name}/{name}"] = f"{_ARROWS[measure.better]} {span}"
    return found
