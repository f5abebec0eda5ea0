"""Columns of a table that are no features unless somebody names them: ids, free texts, constants, paths of images."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.files.names import some_of
from embedbench.files.tables.cells import missing, to_float, to_list

LeftOut = Literal["id", "text", "image path", "labels", "constant", "empty"]

IMAGES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"})
_FEWEST = 20  # rows in which values that all differ are no chance
_NEARLY = 0.95  # of the values differ from all others before
_DENSE = 1.5  # times as many numbers as rows at most, since some rows may be gone
_ID = re.compile(r"(.*[_\s.-])?(?i:id|uuid|guid|index|key|nr|no|rowid|identifier)|.*[a-z]I[dD]")
_WORDS = 3  # of a usual free text, at least
_LONG = 8  # words that make a text of few rows one
_SOME = 0.5  # of free texts differ, at least
_WIDE = "\u2e80"  # from here on scripts write words without blanks, of two signs or so
_LOOKED = 20  # files that are looked for
_SHOWN = 5


def is_id_name(name: str) -> bool:
    """Whether a column is called as ids are: id, customer_id, orderId, uuid, index, key, nr.

    >>> is_id_name("customer_id"), is_id_name("orderId"), is_id_name("paid"), is_id_name("valid")
    (True, True, False, False)
    """
    return bool(_ID.fullmatch(name.strip()))


def one_value(present: Collection[Any], rows: int) -> LeftOut | None:
    """Whether a column says nothing: it holds nothing at all, or the same in each row.

    Args:
        present: Its values that aren't missing.
        rows: Number of all.
    """
    if not len(present):
        return "empty"
    first = next(iter(present))
    return "constant" if len(present) == rows and all(value == first for value in present) else None


def lists_names(values: pd.Series[Any]) -> bool:
    """Whether cells are lists of texts, not all of them numbers: a vector can't be made of them, but labels can."""
    if values.dtype.kind != "O":
        return False
    named = 0
    for value in values[~missing(values)]:
        elements = to_list(value)
        if elements is None or not all(isinstance(one, str) for one in elements):
            return False
        named += sum(to_float(one) is None for one in elements)
    return named > 0


def numbers_rows(name: str, numbers: NDArray[np.float64], distinct: int) -> bool:
    """Whether whole numbers name the rows: all differ, and nearly each of a range is there, or the name says so.

    Args:
        name: Of the column.
        numbers: ``(rows,)``, none missing.
        distinct: How many different ones there are.
    """
    if distinct < len(numbers) or len(numbers) < 2 or not np.isfinite(numbers).all() or (numbers % 1 != 0).any():
        return False
    dense = float(np.ptp(numbers)) < _DENSE * len(numbers)
    return is_id_name(name) or (dense and len(numbers) >= _FEWEST)


def of_words(name: str, counts: Mapping[str, int], folder: Path | None) -> LeftOut | None:
    """What texts are that are no categories, if they aren't.

    Args:
        name: Of the column.
        counts: The different texts, none missing, with their numbers.
        folder: Of the file, in which paths of images begin.
    """
    rows = sum(counts.values())
    if _are_images(counts, folder):
        return "image path"
    usual = float(np.median([words_of(text) for text in counts])) if counts else 0
    if len(counts) >= _SOME * rows and (usual >= _LONG or (usual >= _WORDS and rows >= _FEWEST)):
        return "text"
    few = 2 if is_id_name(name) else _FEWEST
    return "id" if rows >= few and len(counts) >= _NEARLY * rows else None


def words_of(text: str) -> int:
    """The number of words of a text; of scripts without blanks, two signs are one.

    >>> words_of("two words"), words_of("\u4e00\u4e8c\u4e09\u56db")
    (2, 2)
    """
    wide = 0 if text.isascii() else sum(sign >= _WIDE for sign in text) // 2
    return max(len(text.split()), wide)


def left_out_notes(found: Mapping[str, LeftOut], path: Path | None) -> tuple[str, ...]:
    """What is left out of a table and how it is kept, one sentence a kind.

    Args:
        found: What is left out, by name.
        path: The file.
    """
    said = []
    for kind, say in _SAID.items():
        if names := [name for name, one in found.items() if one == kind]:
            said.append(say(names, path))
    return tuple(said)


def _are_images(texts: Collection[str], folder: Path | None) -> bool:
    """Whether all end as images do, and some of them are there."""
    if not texts or folder is None or not all(Path(text.strip()).suffix.lower() in IMAGES for text in texts):
        return False
    return all((folder / text.strip()).is_file() for text in sorted(texts)[:_LOOKED])


def listed(names: Sequence[str]) -> str:
    """Some columns for a sentence."""
    return f"column{'s' if len(names) > 1 else ''} {some_of([*map(repr, names)], _SHOWN)}"


def _ids(names: Sequence[str], _: Path | None) -> str:
    return (
        f"{listed(names)}: (nearly) each row has a value of its own, as an id or index does: left out; "
        f"--data.numeric or --data.categorical [{names[0]}] keeps it"
    )


def _texts(names: Sequence[str], path: Path | None) -> str:
    where = "FILE" if path is None else path
    return (
        f"{listed(names)}: free text: left out; --data text --data.path {where} --data.text {names[0]} embeds it, "
        f"--data.categorical [{names[0]}] keeps it"
    )


def _images(names: Sequence[str], _: Path | None) -> str:
    return f"{listed(names)}: paths of images: left out; --data image_folder --data.root FOLDER embeds images"


def _labels(names: Sequence[str], _: Path | None) -> str:
    return f"{listed(names)}: lists of names, as of labels: left out; --data.label {names[0]} makes them the label"


def _constants(names: Sequence[str], _: Path | None) -> str:
    return f"{listed(names)}: the same value in each row: left out"


def _empties(names: Sequence[str], _: Path | None) -> str:
    return f"{listed(names)}: no value at all: left out"


_SAID: dict[LeftOut, Callable[[Sequence[str], Path | None], str]] = {
    "id": _ids,
    "text": _texts,
    "image path": _images,
    "labels": _labels,
    "constant": _constants,
    "empty": _empties,
}
