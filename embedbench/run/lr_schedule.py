"""How the learning rate goes through the budget, the same for all models that are learned by the common optimiser."""

from __future__ import annotations

import math
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.learned import Learned

_WARM_UP = 0.05  # of the steps
_RISE, _START, _END = 0.3, 1 / 25, 1 / 250_000  # of one cycle: share of the steps, and of the rate at both ends
_SAID = {
    "cosine": "rose over the first 5 % of the steps and fell to 0 by half a cosine",
    "one_cycle": "rose over the first 30 % of the steps and fell to 0, each by half a cosine",
}


def rate(schedule: str, step: int, steps: int) -> float:
    """Share of the learning rate that a step is made with.

    "cosine" rises linearly over the first 5 % of the steps and then falls to 0 by half a cosine (Loshchilov & Hutter,
    2017, without restarts); "one_cycle" rises from 1/25 over 30 % and falls to 1/250,000 (Smith & Topin, 2018).

    >>> [round(rate("cosine", step, 100), 3) for step in (0, 4, 5, 52, 99)]
    [0.2, 1.0, 1.0, 0.508, 0.0]

    Args:
        schedule: Its name.
        step: Number of the step, from 0.
        steps: How many there will be.
    """
    if schedule == "cosine":
        warm_up = math.ceil(_WARM_UP * steps)
        return (step + 1) / warm_up if step < warm_up else _between(1.0, 0.0, (step - warm_up) / (steps - warm_up))
    top = max(_RISE * steps - 1, 0.0)
    if step <= top:
        return _between(_START, 1.0, step / top) if top else 1.0
    return _between(1.0, _END, (step - top) / (steps - 1 - top))


def _between(first: float, last: float, share: float) -> float:
    """From one end to the other by half a cosine."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


class LearningRateSchedule(Callback):
    """Sets the learning rate of each step as a share of the one that the model asks for.

    Args:
        schedule: Its name.
    """

    def __init__(self, schedule: str) -> None:
        self.schedule = schedule

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Takes the rate that shares are of."""
        self._rates = [[group["lr"] for group in one.param_groups] for one in trainer.optimizers]

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Sets the rate of the step to come."""
        share = rate(self.schedule, trainer.global_step, int(trainer.estimated_stepping_batches))
        for optimizer, rates in zip(trainer.optimizers, self._rates, strict=True):
            for group, own in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = share * own


def scheduled(model: Paradigm) -> bool:
    """Whether a model is learned by the common optimiser, without a schedule of its own."""
    return isinstance(model, Learned) and type(model).configure_optimizers is Learned.configure_optimizers


def schedule_notes(schedule: str | None, model: Paradigm) -> list[str]:
    """What a reader of the result should know of the rate, one sentence each."""
    if schedule is None:
        return []
    if not scheduled(model):
        why = "learned by no gradient steps" if model.fitting != "gradient" else "on a schedule of its own"
        return [f"--lr_schedule did nothing: this model is {why}"]
    return [f"the learning rate {_SAID[schedule]}"]
