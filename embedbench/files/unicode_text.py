"""Texts that any file can be written with."""

from __future__ import annotations

import unicodedata
from typing import Any

from embedbench.errors import UsageError


def checked_text(text: str) -> str:
    """The same text.

    Raises:
        UsageError: If it holds half of a character (a lone surrogate), which no file can be written with.
    """
    try:
        text.encode("utf8")
    except UnicodeEncodeError as error:
        shown = ascii(text[max(0, error.start - 20) : error.end])
        raise UsageError(f"a text holds half of a character (a lone surrogate), {shown}; repair it.") from None
    return text


def column_name(name: Any) -> str:
    """The name that a column is found by: composed Unicode (NFC) without blanks around it.

    Raises:
        UsageError: If it holds half of a character.
    """
    return unicodedata.normalize("NFC", checked_text(str(name))).strip()
