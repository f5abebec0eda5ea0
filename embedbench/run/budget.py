"""The budget of steps: what has to know its end is refused without one before anything is written."""

from __future__ import annotations

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Timer

from embedbench.errors import UsageError
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.learned import Learned
from embedbench.run.lr_schedule import scheduled


def check_budget(trainer: Trainer, model: Paradigm, lr_schedule: str | None) -> None:
    """Refuses a budget without an end for a model that parts it, or a rate that follows it.

    Args:
        trainer: Made with the run's settings.
        model: To be fitted.
        lr_schedule: How the learning rate goes through the budget.

    Raises:
        UsageError: If the number of steps has to be known, and neither steps nor epochs are limited.
    """
    timed = any(isinstance(callback, Timer) for callback in trainer.callbacks)  # type: ignore[attr-defined]
    # Without a limit of epochs Lightning takes 1,000, unless there is one of steps or of time.
    epochs = trainer.max_epochs if trainer.max_epochs is not None else -1 if timed else 1000
    parted = isinstance(model, Learned) and model.needs_budget
    if (parted or (lr_schedule and scheduled(model))) and trainer.max_steps == -1 and epochs == -1:
        who = f"model `{model.called()}` parts" if parted else "--lr_schedule follows"
        raise UsageError(
            f"{who} the budget of steps, which has no end here (a limit of time alone is none); give "
            "--trainer.max_steps N or --trainer.max_epochs N."
        )
