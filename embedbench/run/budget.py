"""The budget of steps: what has to know its end is refused without one before anything is written."""

from __future__ import annotations

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Timer

from embedbench.errors import UsageError
from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.learned import Learned


def check_budget(trainer: Trainer, model: Paradigm) -> None:
    """Refuses a budget without an end for a model that parts it.

    Args:
        trainer: Made with the run's settings.
        model: To be fitted.

    Raises:
        UsageError: If the model needs to know how many steps there are, and neither steps nor epochs are limited.
    """
    timed = any(isinstance(callback, Timer) for callback in trainer.callbacks)  # type: ignore[attr-defined]
    # Without a limit of epochs Lightning takes 1,000, unless there is one of steps or of time.
    epochs = trainer.max_epochs if trainer.max_epochs is not None else -1 if timed else 1000
    if isinstance(model, Learned) and model.needs_budget and trainer.max_steps == -1 and epochs == -1:
        name = type(model).__module__.rpartition(".")[2]
        raise UsageError(
            f"model `{name}` parts its budget of steps, which has no end here (a limit of time alone is none); give "
            "--trainer.max_steps N or --trainer.max_epochs N."
        )
