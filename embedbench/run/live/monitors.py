"""Who acts on a live value: the checkpoint and the early stop, each time that it was measured and at no other."""

from __future__ import annotations

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


class LiveStop(EarlyStopping):
    """An early stop by a live value: its patience counts live evaluations, and its mode is the metric's.

    Args:
        asked: Lightning's, as the user set it up.
        source: Measures the value.
    """

    def __init__(self, asked: EarlyStopping, source: LiveEvaluation) -> None:
        super().__init__(
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
        self.source = source

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Looks at a value that is new."""
        if self.source.has(trainer, self.monitor):
            super().on_train_epoch_end(trainer, pl_module)
