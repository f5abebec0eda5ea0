"""A worker's side: what it answers for each way a trial can end."""

import multiprocessing
import time
from types import SimpleNamespace

import pytest

from embedbench.progress.step import Step
from embedbench.request.options import Options
from embedbench.results.record import Result
from embedbench.sweep.points import make_trials
from embedbench.sweep.trial import Outcome
from embedbench.sweep.worker import StepSender, run_trial


@pytest.fixture
def outcome(small_digits, tmp_path):
    """Runs one trial here."""

    def run(model, *more):
        args = [*small_digits, "--suite.metrics", "[probe]", "--threads", "1", *more]
        (trial,) = make_trials({"model": [model], "data": ["digits"]}, args)
        return trial, run_trial(trial, Options(tmp_path, quiet=True))

    return run


def test_finished(outcome, tmp_path):
    trial, found = outcome("raw")
    assert found == Outcome(trial.run_id, "finished", "")
    assert Result.read(tmp_path / trial.run_id / "result.json").status == "finished"


def test_failed(outcome, tmp_path):
    trial, found = outcome("vae", "--model.lr", "1e30")
    assert (found.run_id, found.status) == (trial.run_id, "failed")
    assert "the loss became NaN or infinite at step 1" in found.message


def test_refused(outcome, tmp_path):
    trial, found = outcome("pca", "--model.latent_dim", "65")
    assert (found.run_id, found.status) == (trial.run_id, "refused")
    assert found.message.startswith("`latent_dim` of pca must be in [1, 64]")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_trial_of_several_processes_is_a_command_of_its_own(outcome, tmp_path):
    two = ["--trainer.devices", "2", "--trainer.strategy", "ddp", "--trainer.accelerator", "cpu"]
    trial, found = outcome("pca", *two)
    assert found == Outcome(trial.run_id, "finished", "")
    assert Result.read(tmp_path / trial.run_id / "result.json").resources["world_size"] == 2
    _, found = outcome("pca", *two, "--model.latent_dim", "65")
    assert found.status == "refused"
    assert found.message.startswith("`latent_dim` of pca must be in [1, 64]")


def test_steps_are_sent_once_a_second_and_each_new_part_at_once(monkeypatch):
    sent = []
    send, now = StepSender(SimpleNamespace(send=sent.append)), 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for number in range(25):
        now = 100.0 + number / 10
        send(Step("fit", number, 25))
    for piece in ("latent: val", "probe: val"):
        send(Step("score", 0, 2, piece))
    fits = ["fit 0/25", "fit 10/25", "fit 20/25"]
    assert [str(step) for step in sent] == [*fits, "score latent: val (1 of 2)", "score probe: val (1 of 2)"]


def test_a_parent_that_is_gone_costs_the_run_nothing():
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    StepSender(theirs)(Step("fit", 1, 2))
