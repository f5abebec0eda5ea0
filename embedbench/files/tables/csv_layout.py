"""How a CSV file is written: its separator and the names in its header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from embedbench.errors import UsageError
from embedbench.files.text_file import BROKEN, opened, read_text, unreadable

_SEPARATORS = (",", ";", "\t", "|")


class Layout(NamedTuple):
    """How a file is written.

    Attributes:
        separator: Between cells.
        names: Of the columns, as they stand in the header.
        blanks: Whether a blank follows each separator.
    """

    separator: str
    names: list[str]
    blanks: bool


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turns what a reader of the file raises into a refusal."""
    try:
        yield
    except UnicodeDecodeError:
        read_text(path, "CSV")  # says which line
        raise
    except UsageError:
        raise
    except BROKEN as error:  # the parser errors of pandas are ValueErrors
        raise unreadable(path, "CSV", error) from None


def layout_of(path: Path) -> Layout:
    """How a file is written, by its header and its first row.

    Raises:
        UsageError: If it can't be read, or its first row is longer than its header.
    """
    names = [part.lower() for part in path.suffixes]
    for separator in ("\t",) if ".tsv" in names else _SEPARATORS:
        found = _records(path, separator)
        header, row = found[0] if found else [], found[1] if len(found) > 1 else None
        if len(header) > 1 and (row is None or len(row) in (len(header), len(header) + 1)):
            break
    else:
        separator = "\t" if ".tsv" in names else ","
        found = _records(path, separator)
        header, row = found[0] if found else [], found[1] if len(found) > 1 else None
    if row is not None and len(row) > len(header):
        raise UsageError(
            f"cannot read {path} as CSV: its header names {len(header)} columns, but the first row has {len(row)} "
            f"cells; name each column, and quote cells that hold {separator!r}."
        )
    return Layout(separator, header, len(header) > 1 and all(name.startswith(" ") for name in header[1:]))


def _records(path: Path, separator: str) -> list[list[str]]:
    """The first two rows that aren't blank."""
    longest = csv.field_size_limit(2**31 - 1)  # a first text may be long
    try:
        with opened(path, "CSV") as file, refusing(path):
            lines = io.TextIOWrapper(file, "utf-8-sig", newline="")
            found: list[list[str]] = []
            for record in csv.reader(lines, delimiter=separator):
                found += [record] if record else []
                if len(found) == 2:
                    break
            return found
    except csv.Error as error:
        raise unreadable(path, "CSV", error) from None
    finally:
        csv.field_size_limit(longest)
