"""What several processes can't do is refused before any has begun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy, DeepSpeedStrategy, SingleDeviceStrategy, Strategy
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher

from embedbench.errors import RunError, UsageError, lost_process
from embedbench.paradigms.held_out import HeldOut
from embedbench.request.request import no_strategy
from embedbench.run.resources import is_first
from embedbench.stopping import Stopped, last_words


def check_strategy(strategy: Strategy, name: str) -> None:
    """Refuses a strategy under which a process isn't the whole command with the whole model.

    Args:
        strategy: As Lightning made it.
        name: As the user calls it.

    Raises:
        UsageError: If it forks or spawns processes out of this one, or shards the model over them.
    """
    whole = isinstance(strategy, DDPStrategy | SingleDeviceStrategy) and not isinstance(strategy, DeepSpeedStrategy)
    if not (whole and isinstance(strategy.launcher, _SubprocessScriptLauncher | None)):
        raise no_strategy(name)


def check_processes(trainer: Trainer, rows: dict[str, int]) -> None:
    """Refuses processes that could do no part of the work, before any has begun.

    Args:
        trainer: Made with the run's settings.
        rows: Rows of each split.

    Raises:
        UsageError: If a split has fewer rows than there are processes, or a launcher such as torchrun started several
            processes of which each would be a run of its own.
    """
    split = min(rows, key=rows.__getitem__)
    if rows[split] < trainer.world_size:
        raise UsageError(
            f"{trainer.world_size} processes are too many for {rows[split]} {split} rows; lower --trainer.devices."
        )
    if trainer.is_global_zero and not is_first():
        raise UsageError(
            "a launcher started several processes, but --trainer asks for one; add --trainer.strategy ddp and "
            "--trainer.devices N, the processes of each machine."
        )


def check_limits(trainer: Trainer) -> None:
    """Refuses counts that Lightning divides by unseen, and limits of each process' own batches that choose the weights.

    Raises:
        UsageError: If a count is below 1, or several processes would validate on a part of the validation rows.
    """
    for name in ("accumulate_grad_batches", "log_every_n_steps", "check_val_every_n_epoch"):
        count = getattr(trainer, name)
        if count is not None and count < 1:
            raise UsageError(f"--trainer.{name} must be at least 1, got {count}; raise it or leave it out.")
    limit = trainer.limit_val_batches
    if trainer.world_size > 1 and limit != 0 and (isinstance(limit, int) or limit != 1):
        raise UsageError(
            f"several processes validate on all rows, but --trainer limits them to {limit} batches each, so that "
            "val/loss would change with their number; leave out limit_val_batches, overfit_batches and fast_dev_run."
        )


def check_validations(trainer: Trainer, rows: int, batch_size: int) -> None:
    """Refuses validations that no epoch is long enough for, before anything is written.

    Args:
        trainer: Made with the run's settings.
        rows: Of the train split.
        batch_size: Of each process.

    Raises:
        UsageError: If they are counted in epochs and come after more batches than one has, or after less than one.
    """
    interval = trainer.val_check_interval
    if trainer.check_val_every_n_epoch is None or trainer.limit_val_batches == 0:
        return
    batches = -(-rows // (trainer.world_size * batch_size))
    limit = trainer.limit_train_batches
    batches = min(limit, batches) if isinstance(limit, int) else int(limit * batches)
    if interval > batches if isinstance(interval, int) else int(interval * batches) < 1:
        raise UsageError(
            f"--trainer.check_val_every_n_epoch counts epochs, and --trainer.val_check_interval {interval} the batches "
            f"of one, of which there are {batches}; add --trainer.val_check_interval 1.0 to validate at an epoch's end."
        )


def check_held_out(trainer: Trainer, model: LightningModule) -> None:
    """Refuses a loss on validation rows that would change with the number of processes.

    Args:
        trainer: Made with the run's settings.
        model: Whose loss it is.

    Raises:
        UsageError: If several processes would each call a ``validation_step`` that knows nothing of the others, nor of
            the batches that are there twice to keep them in step.
    """
    own = type(model).validation_step not in (LightningModule.validation_step, HeldOut.validation_step)
    if own and trainer.world_size > 1 and trainer.limit_val_batches != 0:
        raise UsageError(
            f"{type(model).__name__} has a validation_step of its own, by which val/loss would change with the number "
            "of processes; write held_out in its place (a paradigm's base is HeldOut then), or use one process."
        )


@contextmanager
def beside_first() -> Iterator[None]:
    """Work of a process other than the first, which alone says how the run ended.

    All raise an error alike, a signal reaches them all, and one that is gone is missed by all; if this one ended with
    another code than 0, Lightning would kill the first, perhaps before it has recorded what happened.
    """
    try:
        with last_words(lambda _: None):
            yield
    except (RunError, Stopped):
        pass
    except RuntimeError as error:
        if lost_process(error) is None:
            raise
