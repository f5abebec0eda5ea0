"""How far a sweep is: a bar on a terminal, elsewhere a line for each run that ended and one every 30 seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from embedbench.progress.screen import clock, on_screen
from embedbench.say import say, visible
from embedbench.sweep.engine import Report
from embedbench.sweep.time_left import TimeLeft
from embedbench.sweep.trial import Outcome, Running, Trial

_WIDTH = 40  # of the bar


@contextmanager
def sweep_progress(trials: list[Trial], workers: int) -> Iterator[Report]:
    """Shows on standard error how far the body is, and gives what tells it.

    Args:
        trials: All that are run.
        workers: Processes at a time.
    """
    display = _Display(trials, workers, says_ends=not sys.stderr.isatty())
    with on_screen(display.draw, display.line, stays=True):
        yield display.report


class _Display:
    """What is under way, what has ended, and about how long the rest takes.

    Args:
        trials: All that are run.
        workers: Processes at a time.
        says_ends: Whether each end of a run is a line.
    """

    def __init__(self, trials: list[Trial], workers: int, *, says_ends: bool) -> None:
        self._names = {trial.run_id: _name(trial) for trial in trials}
        self._total, self._says_ends = len(trials), says_ends
        self._left = TimeLeft(trials, workers)
        self._begun = time.monotonic()
        self._running: list[Running] = []
        self._outcomes: list[Outcome] = []
        self._lock = threading.Lock()  # a thread draws

    def report(self, running: list[Running], outcomes: list[Outcome]) -> None:
        """Takes the state; says what has ended, where that is a line."""
        with self._lock:
            new = outcomes[len(self._outcomes) :]
            self._running, self._outcomes = list(running), list(outcomes)
            self._left.see(running, outcomes, time.monotonic())
            ahead = self._ahead()
        for number, one in enumerate(new if self._says_ends else [], len(outcomes) - len(new) + 1):
            last = one is new[-1]
            say(f"{number}/{self._total} runs done: {self._names[one.run_id]} {one.status}{ahead if last else ''}")

    def line(self) -> str:
        """All of it in one line."""
        with self._lock:
            work = ", ".join(f"{name} {step}".rstrip() for name, step in self._at_work())
            spent = clock(time.monotonic() - self._begun)
            return f"{self._done()} after {spent}{self._ahead()}; {work or 'starting'}{self._failed()}"

    def draw(self) -> RenderableType:
        """A bar, and under it a line for each run under way."""
        with self._lock:
            grid = Table.grid(padding=(0, 1))
            bar = ProgressBar(total=self._total, completed=len(self._outcomes), width=_WIDTH)
            spent = clock(time.monotonic() - self._begun)
            grid.add_row(bar, Text(f"{self._done()} after {spent}{self._ahead()}{self._failed()}"))
            lines = [Text(visible(f"  {name}  {step}"), overflow="ellipsis") for name, step in self._at_work()]
            return Group(grid, *lines)

    def _at_work(self) -> list[tuple[str, str]]:
        """The name and the step of each run under way."""
        return [(_name(trial), "" if step is None else str(step)) for trial, step in self._running]

    def _done(self) -> str:
        return f"{len(self._outcomes)}/{self._total} runs done"

    def _ahead(self) -> str:
        """About how long the rest takes, if there is one and anything is known of it."""
        left = self._left.seconds(time.monotonic())
        return "" if left is None or len(self._outcomes) == self._total else f", about {clock(left)} left"

    def _failed(self) -> str:
        bad = sum(outcome.status != "finished" for outcome in self._outcomes)
        return f" ({bad} failed)" if bad else ""


def _name(trial: Trial) -> str:
    return f"{trial.request['model_name']} s{trial.request['seed_everything']}"
