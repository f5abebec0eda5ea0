"""Fitting a paradigm with Lightning: by gradient steps, in one pass, or not at all."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, Logger, WandbLogger
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher

from embedbench.data.base import EmbeddingDataModule
from embedbench.errors import UsageError
from embedbench.paradigms.base import Paradigm
from embedbench.progress.step import Tell
from embedbench.run.devices import settings_for
from embedbench.run.live.callback import LiveEvaluation
from embedbench.run.live.monitors import LiveCheckpoint, by_live_values
from embedbench.run.live.plan import LIVE, LOSS
from embedbench.run.loss_curve import LossCurve, still_falling
from embedbench.run.lr_schedule import LearningRateSchedule, scheduled
from embedbench.run.preparation import Preparation
from embedbench.run.processes import check_strategy
from embedbench.run.progress import RunProgress, Stopwatch
from embedbench.stopping import PARENT, listen, pass_on

_QUIET = {"enable_progress_bar": False, "enable_model_summary": False, "num_sanity_val_steps": 0}


def make_trainer(
    settings: dict[str, Any],
    model: Paradigm,
    folder: Path,
    wandb_run: Any = None,
    tell: Tell | None = None,
    live: LiveEvaluation | None = None,
    monitor: str = LOSS,
    lr_schedule: str | None = None,
) -> Trainer:
    """A Trainer with our checkpoint, logs and progress beside whatever the settings ask for.

    Args:
        settings: Arguments of Trainer.
        model: What will be fitted.
        folder: Of the run.
        wandb_run: An open W&B run to log to.
        tell: Is told each step; nobody is, if not given.
        live: Evaluation of the embedding while it is learned.
        monitor: What chooses the weights.
        lr_schedule: How the learning rate goes through the budget; it stays unless given.
    """
    callbacks: list[Callback] = [_OwnSignals(), *(settings.get("callbacks") or [])]
    if live is not None:
        callbacks = [live, *(_watching(callback, live) for callback in callbacks)]
    asked = settings.get("logger")
    loggers: list[Logger] = [asked] if isinstance(asked, Logger) else list(asked or []) if asked is not True else []
    if model.fitting == "gradient":
        loggers.append(CSVLogger(folder, name="", version="history"))
    checkpoints = model.fitting == "gradient" and model.selection == "best"
    if checkpoints:
        callbacks.append(_checkpoint(folder / "checkpoints", monitor, live))
    if wandb_run is not None:
        loggers.append(WandbLogger(experiment=wandb_run))
    if tell is not None:
        callbacks.append(RunProgress(tell))
    if lr_schedule is not None and scheduled(model):
        callbacks.append(LearningRateSchedule(lr_schedule))
    callbacks.append(Preparation())
    ours = {"callbacks": callbacks, "logger": loggers, "default_root_dir": folder, "enable_checkpointing": checkpoints}
    trainer = Trainer(**{**settings_for(settings, model), **_budget(settings, model), **ours, **_QUIET})
    launcher = trainer.strategy.launcher
    if isinstance(launcher, _SubprocessScriptLauncher):
        os.environ[PARENT] = str(os.getpid())  # for the processes that it starts
        pass_on(launcher.kill)
    return trainer


class _OwnSignals(Callback):
    """Takes SIGTERM back: Lightning's handler waits for all processes, inside of whatever wait it interrupts."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        listen()

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        listen()


def _checkpoint(folder: Path, monitor: str, live: LiveEvaluation | None) -> Checkpoint:
    """Keeps the best weights by the loss on validation, or by a live value."""
    if monitor == LOSS or live is None:
        return ModelCheckpoint(folder, "best", LOSS, save_weights_only=True, save_on_train_epoch_end=False)
    return LiveCheckpoint(folder, monitor, live)


def _watching(callback: Callback, live: LiveEvaluation) -> Callback:
    """A callback of the user's; an early stop by a live value is made to wait for one."""
    if isinstance(callback, EarlyStopping) and callback.monitor.startswith(LIVE):
        return by_live_values(callback, live)
    return callback


def make_embedder(settings: dict[str, Any]) -> Trainer:
    """A Trainer that only embeds, on the devices that the settings ask for, and writes nothing.

    Raises:
        UsageError: If Lightning refuses the settings, such as a device that isn't there, or a run can't use them.
    """
    try:
        # A strategy given as an object belongs to the first Trainer that gets it: this one takes copies.
        trainer = Trainer(**copy.deepcopy({**settings, "logger": False, "enable_checkpointing": False, **_QUIET}))
    except ImportError as error:  # of a device or a precision that needs more
        missing = str(error).partition(" HINT")[0].rstrip(".")
        raise UsageError(
            f"--trainer asks for what isn't installed here ({missing}); give another accelerator or precision."
        ) from None
    except (MisconfigurationException, ValueError, TypeError, RuntimeError) as error:  # the last of SLURM's variables
        raise UsageError(f"--trainer is refused by Lightning: {' '.join(str(error).split())}") from None
    asked = settings.get("strategy")
    check_strategy(trainer.strategy, repr(asked) if isinstance(asked, str) else type(trainer.strategy).__name__)
    return trainer


class Fitted(NamedTuple):
    """What came of a fit.

    Attributes:
        seconds: That it took, without the start of further processes.
        cpu_seconds: Of the processor, those of all processes.
        notes: That belong beside the result.
        steps: Of gradient steps: how many, after which the weights are that are kept (``weights_step``), and after
            which they were best on the validation rows (``best_step``), if there was a validation.
    """

    seconds: float
    cpu_seconds: float
    notes: list[str]
    steps: dict[str, int]


def fit(trainer: Trainer, model: Paradigm, data: EmbeddingDataModule, *, last: bool = False) -> Fitted:
    """Fits, and restores the weights that were best on the validation rows unless the last ones are to be kept."""
    if model.fitting == "none":
        return Fitted(0.0, 0.0, [], {})
    stopwatch, curve = Stopwatch(), LossCurve()
    trainer.callbacks[:0] = [stopwatch, curve]  # type: ignore[attr-defined]  # set by a connector; before the preparation
    trainer.fit(model, datamodule=data)
    used = torch.tensor(stopwatch.cpu_seconds, device=trainer.strategy.root_device)
    took = stopwatch.seconds, float(trainer.strategy.reduce(used, reduce_op="sum"))
    if model.fitting != "gradient":
        return Fitted(*took, [*model.notes], {})
    steps = {"steps": trainer.global_step, "weights_step": trainer.global_step}
    checkpoint, notes = trainer.checkpoint_callback, list[str]()
    if isinstance(checkpoint, ModelCheckpoint):  # where losses compare over steps
        best, notes = _best(trainer, checkpoint), still_falling(curve.losses)
        if best is None:
            notes = ["no validation took place within the budget: the last weights were scored"]
        else:
            steps["best_step"] = best["global_step"]
            if not last:
                steps["weights_step"] = best["global_step"]
                model.load_state_dict(best["state_dict"])
    return Fitted(*took, [*notes, *model.notes], steps)


def _best(trainer: Trainer, checkpoint: ModelCheckpoint) -> dict[str, Any] | None:
    """The best weights and their step, on every rank; ``None`` if there was no validation."""
    if not checkpoint.best_model_path:
        return None
    # Only rank 0's machine is sure to hold the file.
    state: dict[str, Any] | None = (
        torch.load(checkpoint.best_model_path, map_location="cpu") if trainer.is_global_zero else None
    )
    state = trainer.strategy.broadcast(state)
    assert state is not None  # rank 0 had it
    return state


def _budget(settings: dict[str, Any], model: Paradigm) -> dict[str, Any]:
    if model.fitting != "gradient":
        return {"max_epochs": 1, "max_steps": -1, "val_check_interval": None, "check_val_every_n_epoch": 1}
    steps, interval = settings.get("max_steps") or -1, settings.get("val_check_interval")
    # A budget shorter than the interval still ends with one validation, so that there are best weights to restore.
    return {"val_check_interval": steps} if isinstance(interval, int) and 0 < steps < interval else {}
