"""Who acts on a live value: the checkpoint and the early stop, each time that it was measured and at no other."""

from __future__ import annotations

import copy
from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from embedbench.run.live.callback import LiveEvaluation


class LiveCheckpoint(ModelCheckpoint):
    """Keeps the weights that were best by a live value.

    Args:
        folder: Takes ``best.ckpt``.
        monitor: Name of the value.
        source: Measures it.
    """

    def __init__(self, folder: Path, monitor: str, source: LiveEvaluation) -> None:
        mode = source.live.mode(monitor)
        super().__init__(folder, "best", monitor, mode=mode, save_weights_only=True, save_on_train_epoch_end=True)
        self.watched, self.source = monitor, source

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compares a value that is new."""
        if self.source.has(trainer, self.watched):
            super().on_train_epoch_end(trainer, pl_module)


class _WaitsForValues:
    """What an early stop by a live value does in its own way; see `by_live_values`."""

    source: LiveEvaluation
    monitor: str

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Looks at a value that is new."""
        if self.source.has(trainer, self.monitor):
            super().on_train_epoch_end(trainer, pl_module)  # type: ignore[misc]  # of the early stop's class


def by_live_values(asked: EarlyStopping, source: LiveEvaluation) -> EarlyStopping:
    """An early stop as the user set it up, of the same class, whose patience counts live evaluations.

    Its mode is the metric's, whatever was asked.

    Args:
        asked: Lightning's, or a subclass; stays as it is.
        source: Measures the value.
    """
    stop = copy.copy(asked)
    EarlyStopping.__init__(  # anew, and what a subclass has of its own stays
        stop,
        asked.monitor,
        min_delta=abs(asked.min_delta),  # which carries the sign of the mode asked for
        patience=asked.patience,
        verbose=asked.verbose,
        mode=source.live.mode(asked.monitor),
        strict=asked.strict,
        check_finite=asked.check_finite,
        stopping_threshold=asked.stopping_threshold,
        divergence_threshold=asked.divergence_threshold,
        check_on_train_epoch_end=True,
        log_rank_zero_only=asked.log_rank_zero_only,
    )
    kind = type(asked)
    stop.__class__ = type(kind.__name__, (_WaitsForValues, kind), {"__module__": kind.__module__, "source": source})
    return stop
