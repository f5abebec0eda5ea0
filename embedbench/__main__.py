"""The ``embedbench`` command, also as ``python -m embedbench``: quiet if it is told to end before it has begun."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Imports the command line, which takes a moment, and runs it."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    from embedbench import cli

    signal.signal(signal.SIGINT, before)
    cli.main()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the process: what is being imported would answer with a traceback."""
    del frame
    sys.stderr.write("embedbench: interrupted; what had finished is kept.\n")
    sys.stderr.flush()
    os._exit(128 + number)


if __name__ == "__main__":
    main()
