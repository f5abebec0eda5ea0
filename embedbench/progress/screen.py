"""What shows how far some work is: drawn on a terminal, elsewhere said in a line every 30 seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console, RenderableType
from rich.live import Live

from embedbench.say import say

_DRAWINGS_A_SECOND = 2
_SECONDS_A_LINE = 30.0  # without a terminal


class _Drawn:
    """Asks anew at each drawing."""

    def __init__(self, draw: Callable[[], RenderableType]) -> None:
        self._draw = draw

    def __rich__(self) -> RenderableType:
        return self._draw()


@contextmanager
def on_screen(draw: Callable[[], RenderableType], line: Callable[[], str], *, stays: bool) -> Iterator[None]:
    """Shows on standard error how far the body is, by a thread: the body only notes it, which costs it nothing.

    Args:
        draw: What a terminal shows now.
        line: What is said elsewhere, or nothing if there is nothing to say.
        stays: Whether the last drawing is left on the terminal.
    """
    if sys.stderr.isatty():
        console = Console(stderr=True)
        with Live(_Drawn(draw), console=console, refresh_per_second=_DRAWINGS_A_SECOND, transient=not stays):
            yield
        return
    done = threading.Event()

    def beat() -> None:
        while not done.wait(_SECONDS_A_LINE):
            if now := line():
                say(now)

    thread = threading.Thread(target=beat, daemon=True, name="progress")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds.

    >>> clock(130.4)
    '0:02:10'
    """
    return str(timedelta(seconds=round(seconds)))
