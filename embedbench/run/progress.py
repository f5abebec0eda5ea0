"""How far a run is: a callback that tells its steps, and one that times its fit."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from embedbench.paradigms.base import Paradigm
from embedbench.progress.step import Doing, Step, Tell


class RunProgress(Callback):
    """Tells each step of the fit with the last validation loss, and of each pass that embeds or scores rows, on rank 0.

    Args:
        tell: Is told; it should take next to no time.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins the fit; Lightning knows by now how many steps there will be."""
        self._begin("fit", _all_steps(trainer), trainer)

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begins a pass over the batches of all splits."""
        doing: Doing = "embed" if isinstance(pl_module, Paradigm) else "score rows"
        self._begin(doing, sum(trainer.num_predict_batches), trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Counts a step."""
        self._count(trainer)

    def on_predict_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Counts a batch."""
        self._count(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Notes the last validation loss, which the next step tells."""
        if "val/loss" in trainer.callback_metrics:
            self._note = f"val/loss {float(trainer.callback_metrics['val/loss']):.4g}"

    def _begin(self, doing: Doing, total: float | None, trainer: Trainer) -> None:
        self._doing, self._total, self._done, self._note = doing, total, -1, ""
        self._count(trainer)

    def _count(self, trainer: Trainer) -> None:
        self._done += 1
        if trainer.is_global_zero:
            self._tell(Step(self._doing, self._done, self._total, note=self._note))


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
