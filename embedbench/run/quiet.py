"""Keeps Lightning from saying what no user of a run can act on, while a run is at work and no longer."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("lightning.pytorch.utilities.rank_zero", "lightning.fabric.utilities.rank_zero")
# Lightning reports the hardware on every Trainer, that rows sliced in memory could use workers, that closed forms don't
# validate, and (2.6 under torch 2.13) a deprecation in its own code: noise to who trains many models in a row.
_TEXTS = (
    ".*does not have many workers.*",
    ".*number of training batches.*smaller than the logging interval.*",
    ".*but have no `validation_step`.*",
    ".*treespec, LeafSpec.*",
)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Leaves out Lightning's notes and some of its warnings; afterwards a notebook's settings are as they were."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for text in _TEXTS:
            warnings.filterwarnings("ignore", message=text)
        try:
            for logger in loggers:
                logger.setLevel(logging.WARNING)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
