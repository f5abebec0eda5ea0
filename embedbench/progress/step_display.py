"""Shows the steps that one piece of work tells: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from embedbench.progress.screen import clock, on_screen
from embedbench.progress.step import Step, Tell
from embedbench.say import say, visible

_WIDTH = 40  # of the bar


class _Display:
    """The last step, and since when its part of the work is under way.

    Args:
        title: What is being done.
        says: Whether the beginning of the scoring of rows, which may take longer than the fit, is said at once.
    """

    def __init__(self, title: str, *, says: bool) -> None:
        self._title, self._says = title, says
        self._step: Step | None = None
        self._begun = time.monotonic()

    def tell(self, step: Step) -> None:
        """Takes a step; the beginning of a part alone takes longer than an assignment."""
        before, self._step = self._step, step
        if before is None or before.doing != step.doing:
            self._begun = time.monotonic()
            if self._says and step.doing == "score rows":
                say(self.line())

    def line(self) -> str:
        """The step in words, with about how long the others of its part take by the time of those that are done."""
        step = self._step
        if step is None:
            return ""
        if step.piece:
            return f"{self._name(step)} ({step.done + 1} of {step.total:g}) after {clock(self._spent())}"
        of = "" if step.total is None else f" of {step.total:g}"
        return f"{self._name(step)}: {step.done}{of} steps{self._ahead(step)}"

    def draw(self) -> RenderableType:
        """The same with a bar."""
        step = self._step
        if step is None:
            return Text(visible(f"starting {self._title} ..."))
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=step.total, completed=step.done, width=_WIDTH, pulse=step.total is None)
        of = "" if step.total is None else f"/{step.total:g}"
        beside = f"{clock(self._spent())}{self._ahead(step)} {step.note}"
        name = Text(visible(self._name(step)))
        grid.add_row(name, bar, f"{step.done}{of} {'parts' if step.piece else 'steps'}", Text(beside))
        return grid

    def _name(self, step: Step) -> str:
        """What is done, and with what.

        A family of metrics takes no part of the time that could be known beforehand, so that none is foretold.
        """
        if step.piece:
            return f"score {self._title}, {step.piece}"
        return f"{step.doing}{' of' if step.doing == 'score rows' else ''} {self._title}"

    def _spent(self) -> float:
        return time.monotonic() - self._begun

    def _ahead(self, step: Step) -> str:
        if not step.done or step.total is None or step.piece:
            return ""
        return f", about {clock(self._spent() / step.done * (step.total - step.done))} left"


@contextmanager
def steps_shown(title: str) -> Iterator[Tell]:
    """Shows the steps that the body tells; where there is no terminal also, at once, that rows are being scored.

    Args:
        title: What is being done.
    """
    display = _Display(title, says=not sys.stderr.isatty())
    with on_screen(display.draw, display.line, stays=False):
        yield display.tell
