"""``embedbench list``: show the models, data sets, encoders, metrics or sweeps there are, or what one of them takes."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from embedbench.catalog import describe, names
from embedbench.commands.shared import refuse
from embedbench.errors import unknown
from embedbench.say import terminal_width, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedbench.evaluation.metrics.base import Family
    from embedbench.request.reference import Part

EPILOG = """\
examples:
  embedbench list models            one line a model
  embedbench list models vae        its arguments: default, type and range, meaning
  embedbench list encoders Conv     those of an encoder, as --model.encoder Conv has it
  embedbench list metrics geometry  what the metrics of a family say
"""
_FOLDERS = {
    "models": "conf/model",
    "data": "conf/data",
    "suites": "conf/suite",
    "augment": "conf/augment",
    "sweeps": "sweeps",
}
_ARROWS = {"higher": "↑", "lower": "↓", "none": " "}
_WIDEST = 100  # columns
_GAP = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("what", choices=("models", "data", "encoders", "suites", "augment", "metrics", "sweeps"))
    parser.add_argument("name", nargs="?", metavar="NAME", help="show what this one takes, or a class path")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Prints one line a name, or what one name takes."""
    refuse("list", rest)
    lines = _of_one(args.what, args.name) if args.name is not None else _aligned(_all(args.what))
    for line in lines:
        print(visible(line))
    return 0


def _all(what: str) -> dict[str, str]:
    if what == "metrics":
        return {name: text for family in _families() for name, text in _measures(family).items()}
    if what == "encoders":
        from embedbench.request.reference import encoder_names

        return encoder_names()
    return {name: describe(path) for name, path in sorted(names(_FOLDERS[what]).items())}


def _of_one(what: str, name: str) -> Iterator[str]:
    from embedbench.request.reference import describe_encoder, describe_part

    if what == "metrics":
        yield from _of_metric(name)
    elif what == "sweeps":
        yield from _of_sweep(name)
    else:
        group = _FOLDERS.get(what, "").rpartition("/")[2]
        yield from _of_part(describe_encoder(name) if what == "encoders" else describe_part(group, name))


def _of_part(part: Part) -> Iterator[str]:
    """The arguments in three columns: name, default, and what it may be and means."""
    yield from textwrap.wrap(part.summary, _width())
    yield part.class_path
    yield ""
    head = (f"{part.key}.KEY", "default")
    rows = [(one.name, one.default or "(needed)", one) for one in part.arguments]
    first, second = (max(map(len, column)) + _GAP for column in zip(head, *(row[:2] for row in rows), strict=True))
    yield f"{head[0]:<{first}}{head[1]:<{second}}type and meaning" if rows else f"takes no {part.key}.KEY"
    indent = " " * (first + second)
    for name, default, one in rows:
        lines = [line for text in (one.accepted, one.meaning) for line in textwrap.wrap(text, _width() - len(indent))]
        yield f"{name:<{first}}{default:<{second}}{lines[0]}"
        yield from (f"{indent}{line}" for line in lines[1:])


def _of_metric(name: str) -> Iterator[str]:
    """A family, or one of its metrics: direction, range, and what the family says of itself."""
    families = _families()
    found = [(one, [line for line in _measures(one).items() if name in (one.name, line[0])]) for one in families]
    if not any(lines for _, lines in found):
        raise unknown("metric", name, [known for one in families for known in (one.name, *_measures(one))])
    for family, lines in found:
        if lines:
            said = (family.compute.__doc__ or "").partition("\n\n")[0]
            yield from textwrap.wrap(" ".join(said.split()), _width())
            yield from _aligned(dict(lines))


def _of_sweep(name: str) -> Iterator[str]:
    """The parameters of a grid and their values."""
    from embedbench.catalog import find
    from embedbench.request.reference import as_typed
    from embedbench.sweep.points import load_grid

    grid = load_grid(name)  # nothing is shown of one that is refused
    yield from textwrap.wrap(describe(find("sweeps", name)), _width())
    yield ""
    width = max(map(len, grid)) + _GAP
    for key, values in grid.items():
        lines = textwrap.wrap(", ".join(map(as_typed, values)), _width() - width)
        yield f"{key:<{width}}{lines[0]}"
        yield from (f"{'':<{width}}{line}" for line in lines[1:])


def _families() -> list[Family]:
    from embedbench.evaluation.metrics.base import discover

    return discover()


def _measures(family: Family) -> dict[str, str]:
    return {
        f"{family.name}/{name}": f"{_ARROWS[measure.better]} [{measure.low:g}, {measure.high:g}]"
        for name, measure in family.measures.items()
    }


def _aligned(lines: dict[str, str]) -> Iterator[str]:
    width = max((len(name) for name in lines), default=0) + _GAP
    return (f"{name:<{width}}{text}" for name, text in lines.items())


def _width() -> int:
    return min(terminal_width(), _WIDEST)
