"""Cells of a CSV file that a spreadsheet opens."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def plain_cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula: before a text that begins like one stands an apostrophe.

    Numbers are none, nor are texts that say one.

    >>> plain_cell("=1+1"), plain_cell("@SUM(A1)"), plain_cell("-0.5"), plain_cell(-0.5), plain_cell("a=b")
    ("'=1+1", "'@SUM(A1)", '-0.5', -0.5, 'a=b')
    """
    is_formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
