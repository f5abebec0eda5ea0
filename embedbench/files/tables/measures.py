"""Texts that say more than one number, or a number with its unit: they are no categories."""

from __future__ import annotations

import re

_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
_SEVERAL = re.compile(
    rf"[(\[{{]?\s*(?:{_PLAIN}|nan)(?:(?:\s*[,;|]\s*|\s+)(?:{_PLAIN}|nan|\.\.\.))+(?:\s*[,;|])?\s*[)\]}}]?",
    re.ASCII | re.I,
)
_SUFFIX = re.compile(rf"{_PLAIN}\s*(°?[^\W\d_]{{1,4}}(?:[²³]|/[^\W\d_]{{1,4}})?)", re.I)
_PREFIX = re.compile(rf"([^\W\d_]{{1,4}}\.?)\s+{_PLAIN}", re.I)


def several_numbers(text: str) -> bool:
    """Whether a text is a row of numbers, in brackets or not, such as "1 2 3", "1;2" or "(1, 2)"."""
    return bool(_SEVERAL.fullmatch(text.strip()))


def unit_of(text: str) -> str | None:
    """The short unit beside a number, such as "kg" of "50.2 kg" or "EUR" of "EUR 64.63"; ``None`` of other texts."""
    found = _SUFFIX.fullmatch(text.strip()) or _PREFIX.fullmatch(text.strip())
    return found[1] if found else None
