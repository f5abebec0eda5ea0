"""Quality of the embedding while it is learned: a callback that knows of a model only that it embeds."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.seed import isolate_rng
from numpy.typing import NDArray

from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import RunError
from embedbench.files.atomic import write_text
from embedbench.results.table.columns import headline
from embedbench.run.live.plan import LIVE, Live
from embedbench.run.live.sampled_rows import draw_sample, embed_rows, space_rows
from embedbench.say import say
from embedbench.types import Split

FILE_NAME = "live.csv"
_SHOWN = 5


class EvaluationPoint(NamedTuple):
    """One live evaluation.

    Attributes:
        epoch: How many epochs had ended or, at the end of the fit, begun.
        step: How many steps were done.
        seconds: Since training started, earlier parts of a resumed run included.
        values: By metric; undefined ones are left out.
    """

    epoch: int
    step: int
    seconds: float
    values: dict[str, float]


class LiveEvaluation(Callback):
    """Scores the embedding of a fixed sample every N epochs and at the end of the fit, and leaves the fit as it was.

    Every rank embeds its part of the sample; rank 0 scores, and all get its values, so that whoever monitors them
    decides alike. A model without an optimiser is ready at the end only.

    Args:
        live: What is looked at, and when.
        monitor: What chooses the weights; shown first.
        data: Whose validation rows are scored against train rows.
        folder: Of the run; takes ``live.csv``.
        quiet: Whether nothing is printed.

    Attributes:
        live: What is looked at, and when.
        looks: So far, oldest first.
        spent: Seconds that they took.
    """

    def __init__(self, live: Live, monitor: str, data: EmbeddingDataModule, folder: Path, quiet: bool) -> None:
        self.looks: list[EvaluationPoint] = []
        self.spent = 0.0
        self.live, self._data = live, data
        self._path, self._quiet = folder / FILE_NAME, quiet
        self._first = dict.fromkeys((monitor.removeprefix(LIVE), *headline()))  # from files: not at every look
        self._sample = draw_sample(data, live.every, live.suite.protocol.neighbors)
        self._written = 0

    def has(self, trainer: Trainer, monitor: str) -> bool:
        """Whether a value was measured with the present weights."""
        name = monitor.removeprefix(LIVE)
        return bool(self.looks) and self.looks[-1].step == trainer.global_step and name in self.looks[-1].values

    def state_dict(self) -> dict[str, Any]:
        """The curve so far, for a checkpoint that a fit may be resumed from."""
        return {"looks": [tuple(look) for look in self.looks]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with a curve."""
        self.looks = [EvaluationPoint(*look) for look in state_dict["looks"]]

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Scores random numbers: what libraries and the words of texts take the first time isn't the fit's."""
        if trainer.is_global_zero:
            chance = np.random.default_rng(0)
            self._score({split: chance.random((len(rows), 2)) for split, rows in self._sample.items()})

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock."""
        self._started = time.perf_counter() - (self.looks[-1].seconds if self.looks else 0.0)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Looks after every N epochs and at the end of the budget; whoever monitors a value comes next."""
        epoch = trainer.current_epoch + 1
        if trainer.optimizers and (epoch % self.live.every == 0 or _is_last(trainer, epoch)):
            self._look(trainer, pl_module, epoch)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Looks at the last weights, unless that was done."""
        if not self.looks or self.looks[-1].step != trainer.global_step:
            self._look(trainer, pl_module, trainer.current_epoch)

    def _look(self, trainer: Trainer, model: LightningModule, epoch: int) -> None:
        started = time.perf_counter()
        with isolate_rng():
            values = self._values(trainer, model)
        self.looks.append(EvaluationPoint(epoch, trainer.global_step, started - self._started, values))
        named = {f"{LIVE}{name}": value for name, value in values.items()}
        # Not by `log`: it costs a millisecond per value, and each later step goes through all that was ever logged.
        trainer.callback_metrics.update({name: torch.tensor(value) for name, value in named.items()})
        for logger in trainer.loggers:
            logger.log_metrics(named, max(0, trainer.global_step - 1))
        if trainer.is_global_zero:
            self._write()
            self._show()
        self.spent += time.perf_counter() - started

    def _values(self, trainer: Trainer, model: LightningModule) -> dict[str, float]:
        """The metrics of the present weights, the same on every rank."""
        z = {split: embed_rows(trainer, model, self._data, split, rows) for split, rows in self._sample.items()}
        found: dict[str, float] | str = ""
        if trainer.is_global_zero:
            try:
                found = self._score({split: part.numpy() for split, part in z.items()})
            except Exception as error:  # the other ranks wait for an answer
                found = f"live evaluation failed: {type(error).__name__}: {error}"
        found = trainer.strategy.broadcast(found)
        if isinstance(found, str):
            raise RunError(found)
        return found

    def _score(self, z: dict[Split, NDArray[Any]]) -> dict[str, float]:
        """The metrics of embeddings ``(rows of the sample, dim)``."""
        inputs = self.live.suite.wants("geometry")
        gallery = space_rows(self._data, "train", self._sample["train"], z["train"], inputs=False)
        query = space_rows(self._data, "val", self._sample["val"], z["val"], inputs=inputs)
        return self.live.suite.score(gallery, {"val": query})["val"]

    def _write(self) -> None:
        """One more line by one call, so that no reader or end of the process meets half of one; at first the head."""
        names = list(self.live.measures)
        lines = [_line(look, names) for look in self.looks]
        if not self._written:
            write_text(self._path, _csv([["epoch", "step", "seconds", *names], *lines]))
        else:
            with self._path.open("a", encoding="utf8") as stream:
                stream.write(_csv(lines[self._written :]))
        self._written = len(lines)

    def _show(self) -> None:
        """One line of the metrics that a table shows first, the monitored one before all."""
        if self._quiet:
            return
        look = self.looks[-1]
        shown = [f"{name} {look.values[name]:.4g}" for name in self._first if name in look.values]
        say(f"epoch {look.epoch}, step {look.step}: {', '.join(shown[:_SHOWN])}")


def _is_last(trainer: Trainer, epoch: int) -> bool:
    """Whether no epoch follows, as far as the budget says."""
    steps, epochs = trainer.max_steps, trainer.max_epochs
    spent = 0 < steps <= trainer.global_step or (epochs is not None and 0 < epochs <= epoch)
    return trainer.should_stop or spent


def _line(look: EvaluationPoint, names: list[str]) -> list[str]:
    values = (repr(look.values[name]) if name in look.values else "" for name in names)
    return [str(look.epoch), str(look.step), f"{look.seconds:.3f}", *values]


def _csv(lines: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(lines)
    return stream.getvalue()
