"""What a run changes of logging and warnings, it puts back."""

import logging
import subprocess
import sys
import warnings

import pytest

from embedbench.run.quiet import quiet_lightning

NOTES = "lightning.pytorch.utilities.rank_zero"
NOISE = "The number of training batches (1) is smaller than the logging interval Trainer(log_every_n_steps=50)."


def state():
    return logging.getLogger(NOTES).level, [*warnings.filters]


def test_noise_is_left_out_and_other_warnings_are_not():
    before = state()
    with warnings.catch_warnings(record=True) as seen, quiet_lightning():
        assert not logging.getLogger(NOTES).isEnabledFor(logging.INFO)
        warnings.warn(NOISE, UserWarning, stacklevel=1)
        warnings.warn("the loss is odd", UserWarning, stacklevel=1)
    assert [str(one.message) for one in seen] == ["the loss is odd"]
    assert state() == before


def test_all_is_as_before_after_an_error():
    before = state()
    with pytest.raises(ValueError, match="of a run"), quiet_lightning():
        raise ValueError("of a run")
    assert state() == before


@pytest.mark.slow
def test_neither_an_import_nor_a_run_leaves_a_trace(tmp_path):
    """But for the filters that libraries add themselves when they are imported."""
    code = """
import logging, warnings
import lightning.pytorch, torch, transformers, sklearn, faiss, jsonargparse, torchmetrics
def state():
    return logging.getLogger("lightning.pytorch.utilities.rank_zero").level, [str(one) for one in warnings.filters]
before = state()
import embedbench.run.execute, embedbench.run.again.reuse
assert state() == before, set(state()[1]) - set(before[1])
from embedbench.cli import main
assert main("run --model pca --data wine --suite.metrics [probe] --threads 1".split()) == 0
assert not [one for one in state()[1] if "many workers" in one or "LeafSpec" in one]
assert state()[0] == before[0]
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=120)
