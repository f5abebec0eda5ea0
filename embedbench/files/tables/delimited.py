"""CSV and its kin: cells without types, whose separator has to be found."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.text_file import BROKEN, opened, read_text, refuse_zero_bytes, unreadable

_SEPARATORS = (",", ";", "\t", "|")
# Floats to their last bit: pandas has to be asked for that before version 3, and warns if it is from then on.
_EXACT = {"float_precision": "round_trip"} if int(pd.__version__.partition(".")[0]) < 3 else {}


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


def read_delimited(path: Path, as_text: Callable[[str], bool], rows: int | None = None) -> tuple[pd.DataFrame, Layout]:
    """The rows of a file, under the header's names, of which some may be alike.

    Only an empty cell is missing. Columns of numbers alone are read as numbers, all others as they are written.

    Args:
        path: The file, UTF-8, perhaps compressed.
        as_text: Whether the column of this name is read as written whatever it holds.
        rows: Only so many, the first ones; ``None`` reads all.

    Raises:
        UsageError: If it can't be read, isn't UTF-8, holds a byte 0, or has rows longer than its header.
    """
    if rows is None:
        refuse_zero_bytes(path, "CSV")
    layout = layout_of(path)
    named = {place for place, name in enumerate(layout.names) if as_text(name)}
    frame = _read(path, layout, named, rows)
    if frame.shape[1] != len(layout.names):
        raise UsageError(f"cannot read {path} as CSV: its header names {len(layout.names)} columns; quote their names.")
    guessed = {place for place in range(frame.shape[1]) if _holds_booleans(frame.iloc[:, place])}
    if guessed:  # pandas takes true, TRUE and True for one
        written = _read(path, layout, named | guessed, rows)
        for place in guessed:
            frame.isetitem(place, written.iloc[:, place].to_numpy())
    frame.columns = pd.Index(layout.names, dtype=object)
    return frame, layout


def _read(path: Path, layout: Layout, as_text: set[int], rows: int | None) -> pd.DataFrame:
    """One column whose lines are cells, blank or not; several, of which a blank line is no row."""
    how: dict[str, Any] = {"sep": layout.separator, "keep_default_na": False, "na_values": [""], "low_memory": False}
    how |= {"skipinitialspace": layout.blanks, **_EXACT}
    single = len(layout.names) == 1
    content = read_text(path, "CSV").strip("\r\n") if single else ""  # blank lines at either end are none
    how["skip_blank_lines"] = not single
    whole = path.absolute()  # pandas would take http:a.csv for an address
    with _refusing(path):
        unique = pd.read_csv(io.StringIO(content) if single else whole, nrows=0, **how).columns
        types = {unique[p]: str for p in as_text if p < len(unique)}
        frame: pd.DataFrame = pd.read_csv(io.StringIO(content) if single else whole, dtype=types, nrows=rows, **how)
    return frame


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
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
        with opened(path, "CSV") as file, _refusing(path):
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


def _holds_booleans(column: pd.Series[Any]) -> bool:
    return bool(
        column.dtype.kind == "b" or (column.dtype.kind == "O" and any(isinstance(value, bool) for value in column))
    )
