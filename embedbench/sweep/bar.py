"""One progress bar over a sweep: what runs, how many are done, the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from embedbench.say import visible
from embedbench.sweep.engine import Report
from embedbench.sweep.trial import Outcome, Trial


@contextmanager
def sweep_progress(total: int) -> Iterator[Report]:
    """Shows the bar on standard error while the body runs, and gives what updates it."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs"), TimeElapsedColumn(), TextColumn("ETA"))
    console = Console(stderr=True)
    what = TextColumn("{task.description}", markup=False)
    with Progress(*columns, TimeRemainingColumn(), what, console=console) as bar:
        task = bar.add_task("starting ...", total=total)

        def report(running: list[Trial], outcomes: list[Outcome]) -> None:
            names = ", ".join(f"{t.request['model_name']} s{t.request['seed_everything']}" for t in running)
            bad = sum(outcome.status != "finished" for outcome in outcomes)
            text = f"{names}{f' ({bad} failed)' if bad else ''}"
            bar.update(task, completed=len(outcomes), description=visible(text))

        yield report
