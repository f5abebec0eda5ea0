"""The decay of the learning rate, the same for all models that are learned by the common optimiser."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.learned import Learned


class LearningRateDecay(Callback):
    """Lets the learning rate fall linearly to 0 over the last share of the budget's steps.

    Args:
        share: Of the steps, above 0 and at most 1.
    """

    def __init__(self, share: float) -> None:
        self.share = share

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Takes the rate that it falls from."""
        self._rates = [[group["lr"] for group in one.param_groups] for one in trainer.optimizers]

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Sets the rate of the step to come."""
        steps = float(trainer.estimated_stepping_batches)
        left = min(1.0, (steps - trainer.global_step) / (self.share * steps))
        for optimizer, rates in zip(trainer.optimizers, self._rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = left * rate


def decays(model: Paradigm) -> bool:
    """Whether a model is learned by the common optimiser, without a schedule of its own."""
    return isinstance(model, Learned) and type(model).configure_optimizers is Learned.configure_optimizers


def decay_notes(share: float | None, model: Paradigm) -> list[str]:
    """What a reader of the result should know of the rate, one sentence each."""
    if share is None:
        return []
    if not decays(model):
        why = "learned by no gradient steps" if model.fitting != "gradient" else "on a schedule of its own"
        return [f"--lr_decay did nothing: this model is {why}"]
    return [f"the learning rate fell to 0 over the last {100 * share:.3g} % of the steps"]
