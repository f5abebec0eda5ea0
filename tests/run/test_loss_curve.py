"""When a fit is said to end before its loss does."""

import numpy as np
import pytest

from embedbench.request.options import Options
from embedbench.run.execute import execute
from embedbench.run.loss_curve import still_falling

FALLS = "val/loss still fell at the end of the budget: more steps may help"


def test_by_hand():
    """Fifths of 3: means 4 and 1 of the last two, 3 of 14 in all; and by .0199 and .0201 of all."""
    assert still_falling([*range(14, -1, -1)]) == [FALLS]
    assert still_falling([1.0, *[0.0199] * 7, 0.0, 0.0]) == []
    assert still_falling([1.0, *[0.0201] * 7, 0.0, 0.0]) == [FALLS]


@pytest.mark.parametrize("losses", [[], [3.0] * 20, [5, 4, 3, 2, 1], [*range(20)], [9, 1, *[0.5] * 20]])
def test_too_few_flat_rising_or_settled(losses):
    assert still_falling(losses) == []


def test_a_curve_that_has_settled_but_for_noise_is_quiet():
    steps = np.arange(30)
    noise = np.random.default_rng(0).normal(0, 0.01, 30)
    assert still_falling((np.exp(-steps / 3) + noise).tolist()) == []
    assert len(still_falling((np.exp(-steps / 30) + noise).tolist())) == 1


def test_a_run_says_so(request_of, tmp_path):
    more = ["--trainer.max_steps", "40", "--trainer.val_check_interval", "2", "--suite.metrics", "[latent]"]
    slow = request_of("autoencoder", *more, "--model.lr", "1e-4", "--weights", "last")
    done = execute(slow, Options(tmp_path, quiet=True))
    assert FALLS in done.notes
    assert "the weights after the last step were scored" in done.notes
    assert done.resources["steps"] == done.resources["weights_step"] == 40
    assert done.resources["best_step"] <= 40
