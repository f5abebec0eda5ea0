"""``embedbench describe``: what a file or a folder is taken for, a line a column, before anything is trained."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.commands.shared import refuse
from embedbench.say import terminal_width, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedbench.data.look.seen import Look, Seen

EPILOG = """\
examples:
  embedbench describe customers.csv      kind of each column, and what becomes of it
  embedbench describe photos/            images by class
  embedbench describe posts.jsonl.gz --json

FILE is a table (CSV and its kin, JSON Lines, Parquet, Arrow), a numpy file, AnnData, or a
folder of images or texts. Of a large table the first rows are looked at. `compare --data FILE`
takes it as shown.
"""
_HEAD = ("column", "kind", "missing", "distinct", "becomes", "why")
_GAP = 2
_NARROWEST = 20
_CLASSES = 10  # shown at most
_MANY = 40  # columns, of which runs of a kind share a line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file or a folder of data")
    parser.add_argument("--json", action="store_true", help="the same for machines, as JSON")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Looks at the data and prints what was seen."""
    refuse("describe", rest)
    from embedbench.data.look.seen import check_there

    check_there(args.file)  # before pandas is imported
    from embedbench.data.look.look import look

    found = look(args.file)
    if args.json:
        print(
            json.dumps(
                {**dataclasses.asdict(found), "path": str(found.path), "hints": list(found.hints.values())}, indent=1
            )
        )
        return 0
    for line in _lines(found):
        print(visible(line))
    return 0


def _lines(found: Look) -> Iterator[str]:
    yield _headline(found)
    if found.columns:
        yield ""
        shown = _runs(found.columns) if len(found.columns) > _MANY else found.columns
        yield from _aligned([_HEAD, *(tuple(map(_cell, dataclasses.astuple(one))) for one in shown)])
    for number, (name, count) in enumerate((found.classes or {}).items()):
        if number == _CLASSES:
            yield f"  … {len(found.classes or {})} classes in all"
            break
        yield f"  {name}: {count:,}"
    said = [*found.notes, *found.hints.values()]
    if found.repeated:
        among = "" if found.whole else f" of the {found.looked:,} that were looked at"
        said.insert(0, f"{found.repeated:,} rows{among} are equal to an earlier one")
    yield ""
    for one in said:
        yield from textwrap.wrap(f"- {one}", terminal_width(), subsequent_indent="  ", break_long_words=False)
    yield f"- {found.command}"


def _headline(found: Look) -> str:
    rows = f"{found.rows:,} rows" if found.rows is not None else f"more than {found.looked:,} rows"
    sample = (
        ""
        if found.whole or not found.columns or not found.looked
        else f", of which the first {found.looked:,} were looked at"
    )
    what = {"image": "images", "text": "texts", "table": "a table", "array": "arrays"}[found.modality]
    columns = f", {len(found.columns)} columns" if found.columns and found.modality in ("table", "text") else ""
    return f"{found.path}: {what}, {rows}{columns}{sample}"


def _runs(columns: Sequence[Seen]) -> Iterator[Seen]:
    """The columns, several of one kind that follow each other in one line."""
    for _, run in itertools.groupby(columns, lambda one: (one.kind, one.becomes, bool(one.missing))):
        first, *others = run
        if others and first.kind != "unusable":
            yield dataclasses.replace(
                first,
                name=f"{first.name} … {others[-1].name}",
                missing=sum(one.missing for one in (first, *others)),
                distinct=None,
                becomes=f"{1 + len(others)} × {first.becomes}",
                why=f"the first: {first.why}",
            )
        else:
            yield from (first, *others)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns beside each other; the last one is wrapped to the terminal's width."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    start = sum(widths) + _GAP * len(widths)
    for row in rows:
        cells = [
            f"{text:>{width}}" if place in (2, 3) else f"{text:<{width}}"
            for place, (text, width) in enumerate(zip(row, widths, strict=False))
        ]
        first = (" " * _GAP).join(cells) + " " * _GAP
        lines = textwrap.wrap(row[-1], max(_NARROWEST, terminal_width() - start)) or [""]
        yield f"{first}{lines[0]}".rstrip()
        yield from (f"{' ' * start}{line}" for line in lines[1:])
