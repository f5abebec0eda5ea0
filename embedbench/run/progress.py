"""How far a run is: a bar over its fit and over each pass that embeds or scores rows, elsewhere a line now and then."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from embedbench.paradigms.base import Paradigm
from embedbench.say import say, visible

_SECONDS_A_REFRESH = 0.25
_SECONDS_A_LINE = 30.0  # without a terminal


class RunProgress(Callback):
    """Shows steps done of all steps, the last validation loss and the time left, on rank 0's standard error.

    Where that is no terminal it says so every 30 seconds, and when the scoring of rows begins, which may take longer
    than the fit.

    Args:
        title: What is being run.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._bar: Progress | None = None
        self._done = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Opens the bar; Lightning knows by now how many steps there will be."""
        self._open(trainer, "fit", _all_steps(trainer))

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Opens a bar over the batches of all splits."""
        scores = not isinstance(pl_module, Paradigm)
        self._open(trainer, "score rows of" if scores else "embed", sum(trainer.num_predict_batches))
        if scores and self._bar is not None and self._bar.disable:
            self._say()

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Counts a step."""
        self._count()

    def on_predict_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Counts a batch."""
        self._count()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Shows the last validation loss."""
        if self._bar is not None and "val/loss" in trainer.callback_metrics:
            self._bar.update(self._task, loss=f"val/loss {float(trainer.callback_metrics['val/loss']):.4g}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Closes the bar."""
        self._close()

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Closes the bar."""
        self._close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Closes the bar, so that the error is readable."""
        self._close()

    def _open(self, trainer: Trainer, doing: str, total: float | None) -> None:
        if trainer.is_global_zero:
            # Refreshed by hand: a thread of its own would take its share of a core from the work.
            what = TextColumn("{task.description}", markup=False)
            columns = (what, BarColumn(), MofNCompleteColumn(), TextColumn("steps"))
            times = (TimeElapsedColumn(), TextColumn("ETA"), TimeRemainingColumn(), TextColumn("{task.fields[loss]}"))
            console = Console(stderr=True)
            hidden = not console.is_terminal
            self._bar = Progress(*columns, *times, console=console, auto_refresh=False, transient=True, disable=hidden)
            self._bar.start()
            self._doing, self._total = f"{doing} {self.title}", total
            self._task = self._bar.add_task(visible(self._doing), total=total, loss="")
            self._done, self._begun = 0, time.monotonic()
            self._drawn = self._said = self._begun

    def _count(self) -> None:
        """One more step is done; draws four times per second at most, or says it every 30 seconds."""
        self._done += 1
        if self._bar is None:
            return
        now = time.monotonic()
        if now - self._drawn > _SECONDS_A_REFRESH:
            self._drawn = now
            self._bar.update(self._task, completed=self._done, refresh=True)
        if self._bar.disable and now - self._said > _SECONDS_A_LINE:
            self._said = now
            self._say()

    def _say(self) -> None:
        """How many steps are done, and about how long the others take by the time of these."""
        of = "" if self._total is None else f" of {self._total:g}"
        left = ""
        if self._done and self._total is not None:
            seconds = (time.monotonic() - self._begun) / self._done * (self._total - self._done)
            left = f", about {timedelta(seconds=round(seconds))} left"
        say(f"{self._doing}: {self._done}{of} steps{left}")

    def _close(self) -> None:
        if self._bar is not None:
            if not self._bar.disable:  # rich 13 ends a bar that it never drew by an empty line
                self._bar.stop()
            self._bar = None


class Stopwatch(Callback):
    """Measures the fit from its first batch to its last, validation included.

    Attributes:
        seconds: That the fit took, 0 before its end.
        cpu_seconds: Of all threads of this process, whatever else the machine was doing.
    """

    seconds = 0.0
    cpu_seconds = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts."""
        self._started, self._used = time.perf_counter(), time.process_time()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stops."""
        self.seconds, self.cpu_seconds = time.perf_counter() - self._started, time.process_time() - self._used


def _all_steps(trainer: Trainer) -> float | None:
    batches = trainer.num_training_batches
    by_epochs = batches * trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else float("inf")
    by_steps = trainer.max_steps if trainer.max_steps > 0 else float("inf")
    steps = min(by_epochs, by_steps)
    return None if steps == float("inf") else steps
