"""What is said to a person beside the result: one line on standard error, without what would steer the terminal."""

from __future__ import annotations

import os
import re
import shutil
import sys

# Control characters, ends of lines and paragraphs, what turns the direction of writing, half characters
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_WIDE = 120  # columns of what is no terminal


def say(text: str) -> None:
    """Prints a line on standard error that begins with the command's name."""
    print(f"embedbench: {visible(text)}", file=sys.stderr)


def visible(text: str) -> str:
    r"""A text on one line, whatever would move the cursor, colour or hide what follows written out.

    Names of classes, columns, files and runs come from anywhere.

    >>> visible("cat\x1b[2K"), visible("two\nlines"), visible("café 中")
    ('cat\\x1b[2K', 'two\\nlines', 'café 中')
    """
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def terminal_width() -> int:
    """The width of standard output in columns: as COLUMNS says, else the terminal's, else 120."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    return shutil.get_terminal_size((_WIDE, 24)).columns if sys.stdout.isatty() else _WIDE
