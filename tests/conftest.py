"""What many tests need: small data, and a trainer that keeps its files in a temporary folder."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side
os.environ.setdefault("WANDB_MODE", "disabled")
os.environ.setdefault("WANDB_ERROR_REPORTING", "false")

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.experiment.request import build_request
from embedbench.experiment.resolve import resolve

DIGITS = ("--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60")
WINE = ("--data", "wine")


def _takes(model, words):
    parts = resolve(build_request(["--model", model, *words]))
    try:
        return bool(parts.make_model(parts.data.spec))
    except UsageError:
        return False


@pytest.fixture
def small_digits():
    """Digits as arguments of a run, with a budget of a few steps."""
    return [*DIGITS, "--trainer.max_steps", "4"]


@pytest.fixture
def request_of(small_digits):
    """A request for a model on the small digits."""
    return lambda model, *more: build_request(["--model", model, *small_digits, "--threads", "1", *more])


@pytest.fixture(scope="session")
def data_for():
    """The first of some data sets, given as arguments, that a model takes: unless others are given, images, tables."""
    return lambda model, *choices: next(words for words in choices or (DIGITS, WINE) if _takes(model, words))


@pytest.fixture
def request_for(data_for):
    """A request for a model on small data that it takes, with a budget of a few steps."""
    few = ("--threads", "1", "--trainer.max_steps", "4")
    return lambda model, *more: build_request(["--model", model, *data_for(model), *few, *more])


@pytest.fixture
def blobs(tmp_path):
    """A CSV of three separable classes: 120 rows, 4 columns and a label column ``y``."""
    rng = np.random.default_rng(0)
    label = np.arange(120) % 3
    x = rng.normal(size=(120, 4)) + 4 * np.eye(3, 4)[label]
    lines = ["a,b,c,d,y"] + [",".join([*(f"{v:.6f}" for v in row), "xyz"[k]]) for row, k in zip(x, label, strict=True)]
    path = tmp_path / "blobs.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path
