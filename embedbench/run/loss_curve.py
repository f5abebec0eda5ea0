"""The loss on validation over the steps of a fit, and whether it still fell at the end of the budget."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

_FEWEST = 10  # validations: of fewer a fifth is one, which chance moves
_FALLS = 0.02  # of all that the loss fell


class LossCurve(Callback):
    """Keeps the loss of each validation.

    Attributes:
        losses: So far, oldest first.
    """

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Adds one; every rank has the same."""
        if "val/loss" in trainer.callback_metrics:
            self.losses.append(float(trainer.callback_metrics["val/loss"]))


def still_falling(losses: list[float]) -> list[str]:
    """Says so if the loss fell between the last two fifths of the validations by 2 % or more of all that it fell.

    Both fifths count by their means, and all is from the first validation to the lowest one.

    >>> still_falling([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    ['val/loss still fell at the end of the budget: more steps may help']
    >>> still_falling([9, 2, 1, 1, 1, 1, 1, 1, 1, 1])
    []
    """
    fifth, whole = len(losses) // 5, losses[0] - min(losses) if losses else 0.0
    if len(losses) < _FEWEST or not whole > 0:
        return []
    fell = (sum(losses[-2 * fifth : -fifth]) - sum(losses[-fifth:])) / (fifth * whole)
    return ["val/loss still fell at the end of the budget: more steps may help"] if fell >= _FALLS else []
