"""How far a sweep is: a bar on a terminal, elsewhere a line for each run that ended and one every 30 seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from embedbench.say import say, visible
from embedbench.sweep.engine import Report
from embedbench.sweep.trial import Outcome, Trial

_BEAT_SECONDS = 30.0  # between two lines while nothing ends


@contextmanager
def sweep_progress(total: int) -> Iterator[Report]:
    """Shows on standard error how far the body is, and gives what tells it."""
    with _bar(total) if sys.stderr.isatty() else _lines(total) as report:
        yield report


@contextmanager
def _bar(total: int) -> Iterator[Report]:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs"), TimeElapsedColumn(), TextColumn("ETA"))
    console = Console(stderr=True)
    what = TextColumn("{task.description}", markup=False)
    with Progress(*columns, TimeRemainingColumn(), what, console=console) as bar:
        task = bar.add_task("starting ...", total=total)

        def report(running: list[Trial], outcomes: list[Outcome]) -> None:
            bar.update(task, completed=len(outcomes), description=visible(_at_work(running, outcomes)))

        yield report


@contextmanager
def _lines(total: int) -> Iterator[Report]:
    """Says each end of a run, and every 30 seconds what is at work, in a thread of its own."""
    begun, done, lock = time.monotonic(), threading.Event(), threading.Lock()
    state: dict[str, str] = {"now": "; starting"}
    told: list[Outcome] = []
    names: dict[str, str] = {}

    def report(running: list[Trial], outcomes: list[Outcome]) -> None:
        with lock:
            names.update({trial.run_id: _name(trial) for trial in running})
            new, told[:] = outcomes[len(told) :], outcomes
            seconds = time.monotonic() - begun
            state["now"] = f"{_ahead(len(outcomes), total, seconds)}; {_at_work(running, outcomes)}"
        for number, one in enumerate(new, len(outcomes) - len(new) + 1):
            say(f"{number}/{total} runs done: {names.get(one.run_id, one.run_id)} {one.status}")

    def beat() -> None:
        while not done.wait(_BEAT_SECONDS):
            with lock:
                now = state["now"]
            say(f"{len(told)}/{total} runs done after {_clock(time.monotonic() - begun)}{now}")

    thread = threading.Thread(target=beat, daemon=True, name="progress")
    thread.start()
    try:
        yield report
    finally:
        done.set()
        thread.join()


def _at_work(running: list[Trial], outcomes: list[Outcome]) -> str:
    bad = sum(outcome.status != "finished" for outcome in outcomes)
    return f"{', '.join(map(_name, running))}{f' ({bad} failed)' if bad else ''}"


def _name(trial: Trial) -> str:
    return f"{trial.request['model_name']} s{trial.request['seed_everything']}"


def _ahead(done: int, total: int, seconds: float) -> str:
    """What is left by the time that those that ended took."""
    return f", about {_clock(seconds / done * (total - done))} left" if done else ""


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
