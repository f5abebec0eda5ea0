"""Where a model is computed: on the CPU if the accelerator has no float64 and the model can't do without."""

from __future__ import annotations

from typing import Any

from lightning.pytorch.accelerators import MPSAccelerator

from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.clustering.clusterer import Clusterer
from embedbench.paradigms.row_scorer import RowScorer
from embedbench.paradigms.solved import Solved
from embedbench.paradigms.words.word_table import WordModel

# Solutions, scores of rows, what clusters start from, and the frequencies of words.
_IN_FLOAT64 = (Solved, RowScorer, Clusterer, WordModel)
_MAY_BE_MPS = ("auto", "gpu", "mps")


def settings_for(settings: dict[str, Any], model: Paradigm) -> dict[str, Any]:
    """The Trainer's settings, with the CPU in place of Apple's MPS for a model that computes in float64.

    Args:
        settings: Arguments of Trainer.
        model: What will be fitted or embeds.
    """
    asked = settings.get("accelerator") or "auto"
    if not (model.float64 or isinstance(model, _IN_FLOAT64)):
        return settings
    if not (isinstance(asked, MPSAccelerator) or (asked in _MAY_BE_MPS and MPSAccelerator.is_available())):
        return settings
    return {**settings, "accelerator": "cpu", "devices": 1}
