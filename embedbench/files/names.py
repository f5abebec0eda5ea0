"""What a class or a category is called: one name for one thing, whatever the file's way of writing it."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.tables.cells import by_value, is_missing, is_number
from embedbench.files.unicode_text import checked_text
from embedbench.types import SPLITS

_SPLITS = {"training": "train", "valid": "val", "validation": "val", "dev": "val", "testing": "test"}
_WHOLE = re.compile(r"-?(0)(?:\.0+)?|(-?[1-9]\d*)\.0+", re.ASCII)


def name_of(value: Any) -> str:
    """The name of one value that isn't missing.

    Texts keep their letters and leading zeros, in Unicode's composed form (NFC) and without blanks around them; whole
    numbers have no ".0", and 0 no sign; booleans are True and False; dates are ISO 8601, without a time at midnight;
    bytes are UTF-8.

    >>> name_of("007"), name_of(7.0), name_of("7.0"), name_of(True), name_of(b"seven")
    ('007', '7', '7', 'True', 'seven')

    Raises:
        UsageError: If it is something else, such as a list, or text that isn't Unicode.
    """
    if isinstance(value, (bytes, np.bytes_)):
        value = _decoded(bytes(value))
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", checked_text(value)).strip()
        whole = _WHOLE.fullmatch(text)
        return whole[1] or whole[2] if whole else text
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if is_number(value):
        return _number(value)
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta, np.timedelta64, pd.Period, pd.Interval)):
        return str(value)
    raise UsageError(f"a class or category must be a text, a number or a date, got {_kind(value)} {str(value)[:40]!r}.")


def split_name(text: str) -> str:
    """The split that a text means, in upper or lower case, or else the text.

    >>> split_name("Train"), split_name(" validation "), split_name("dev"), split_name("Fold 1")
    ('train', 'val', 'val', 'Fold 1')
    """
    word = text.strip().lower()
    return word if word in SPLITS else _SPLITS.get(word, text)


def some_of(names: Sequence[str], most: int) -> str:
    """The first of some names for a sentence, and how many more there are.

    >>> some_of(["a", "b", "c"], 2), some_of(["a", "b"], 2)
    ('a, b and 1 more', 'a, b')
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def renamed(values: Collection[Any], what: str) -> tuple[str, ...]:
    """What is to be said of values whose names aren't what was written, a sentence a reason, with counts.

    Args:
        values: As they were read; missing ones count for nothing.
        what: The column that a sentence names, such as "label" or "column 'a'".
    """
    counts, kinds, examples = Counter[str](), dict[str, set[str]](), dict[str, str]()
    for value, times in _counted(values):
        name = name_of(value)
        kinds.setdefault(name, set()).add(_kind(value))
        if isinstance(value, str) and name != value:
            composed = unicodedata.normalize("NFC", value)
            reasons = {
                "composed Unicode (NFC)": composed != value,
                "their name without blanks around it": composed.strip() != composed,
                "the whole number that they are": composed.strip() != name,
            }
            for reason in (reason for reason, holds in reasons.items() if holds):
                counts[reason] += times
                examples.setdefault(reason, name)
    said = [f"{what}: {n} values are called by {why}, such as {examples[why]!r}" for why, n in counts.items()]
    mixed = sorted(name for name, found in kinds.items() if len(found) > 1)
    if mixed:
        how = " and ".join(sorted(kinds[mixed[0]]))
        said.append(f"{what}: {len(mixed)} names stand for values of several types, such as {mixed[0]!r} for {how}")
    return tuple(said)


def _counted(values: Collection[Any]) -> Iterable[tuple[Any, int]]:
    """Different values with their counts; 1, 1.0 and True, which are equal, are told apart."""
    by_value(values, lambda value: is_missing(value) or name_of(value))  # refuses what has no hash either
    counts = Counter((type(value), value) for value in values)
    return [(value, times) for (_, value), times in counts.items() if not is_missing(value)]


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if is_number(value):
        return "number"
    if isinstance(value, str):
        return "text"
    return type(value).__name__


def _number(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and value == int(value) else format(value.normalize(), "f")
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return str(int(value)) if float(value).is_integer() else str(value)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf8")
    except UnicodeDecodeError:
        raise UsageError(f"a class or category holds bytes that aren't UTF-8, {content[:20]!r}; decode it.") from None
