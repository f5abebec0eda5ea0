"""The schedule of the learning rate: one callback for all models that are learned by the common optimiser."""

import math

import pytest
import torch
from lightning.pytorch import Callback, seed_everything

from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.request.request import build_request, run_id
from embedbench.request.resolve import resolve
from embedbench.results.table.variants import variants
from embedbench.run.execute import execute
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.lr_schedule import rate, schedule_notes

FEW = ("--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--threads", "1")


class Rates(Callback):
    """The rate of each step."""

    def __init__(self):
        self.seen = []

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.seen.append(optimizer.param_groups[0]["lr"])


def rates(folder, model, schedule, *words):
    parts = resolve(build_request(["--model", model, *FEW, "--model.lr", "0.01", *words]))
    seed_everything(0, verbose=False)
    built, seen = parts.make_model(parts.data.spec), Rates()
    trainer = make_trainer({**parts.trainer, "callbacks": [seen]}, built, folder, lr_schedule=schedule)
    fit(trainer, built, parts.data)
    return built, seen.seen


@pytest.mark.parametrize("steps", [10, 100, 333])
def test_one_cycle_is_torchs(steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    peer = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps)
    for step in range(steps):
        assert rate("one_cycle", step, steps) == pytest.approx(peer.get_last_lr()[0], abs=1e-9)
        optimizer.step()
        peer.step()


@pytest.mark.parametrize("steps", [1, 2, 20, 1000])
def test_cosine_by_hand(steps):
    warm_up = math.ceil(steps / 20)
    found = [rate("cosine", step, steps) for step in range(steps)]
    assert found[:warm_up] == pytest.approx([(step + 1) / warm_up for step in range(warm_up)])
    falling = [math.cos(math.pi / 2 * step / (steps - warm_up)) ** 2 for step in range(steps - warm_up)]
    assert found[warm_up:] == pytest.approx(falling)


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7])
def test_few_steps_have_rates_too(schedule, steps):
    found = [rate(schedule, step, steps) for step in range(steps)]
    assert all(0 < one <= 1 for one in found[:-1])
    assert 0 <= found[-1] <= 1


def test_rate_follows_the_steps(tmp_path):
    _, found = rates(tmp_path, "autoencoder", "cosine", "--trainer.max_steps", "10")
    assert found == pytest.approx([0.01 * rate("cosine", step, 10) for step in range(10)])


def test_rate_follows_the_steps_of_epochs_too(tmp_path):
    _, found = rates(tmp_path, "autoencoder", "one_cycle", "--trainer.max_steps", "-1", "--trainer.max_epochs", "2")
    assert found == pytest.approx([0.01 * rate("one_cycle", step, 6) for step in range(6)])


def test_rate_stays_unless_asked(tmp_path):
    assert rates(tmp_path, "autoencoder", None, "--trainer.max_steps", "4")[1] == [0.01] * 4


def test_a_schedule_of_the_models_own_stays(tmp_path):
    model, found = rates(tmp_path, "neighbor_embedding", "cosine", "--trainer.max_steps", "4")
    assert found == pytest.approx([0.01, 0.0075, 0.005, 0.0025])
    assert schedule_notes("cosine", model) == ["--lr_schedule did nothing: this model is on a schedule of its own"]


@pytest.mark.parametrize("value", ["0.3", "true", "[cosine]", "cosin"])
def test_other_schedules_are_refused(value):
    with pytest.raises(UsageError, match="--lr_schedule must be one of cosine, one_cycle or null, got"):
        build_request(["--model", "vae", "--data", "digits", "--lr_schedule", value])


def test_run_is_another_only_where_it_is_asked_for():
    words = ["--model", "vae", "--data", "digits"]
    plain = run_id(build_request(words))
    assert run_id(build_request([*words, "--lr_schedule", "null"])) == plain
    assert run_id(build_request([*words, "--lr_schedule", "cosine"])) != plain


@pytest.mark.slow
def test_leaderboard_tells_the_runs_apart(tmp_path):
    words = ["--model", "autoencoder", *FEW, "--trainer.max_steps", "4", "--suite.metrics", "[probe]"]
    asked = {"plain": [], "falls": ["--lr_schedule", "cosine"]}
    found = [
        execute(build_request([*words, *more]), Options(tmp_path, run_id=name, quiet=True))
        for name, more in asked.items()
    ]
    said = "the learning rate rose over the first 5 % of the steps and fell to 0 by half a cosine"
    assert said in found[1].notes
    assert {one.label for one in variants(found)} == {"autoencoder", "autoencoder (lr_schedule=cosine)"}
    solved = ["--model", "pca", *FEW, "--suite.metrics", "[probe]", "--lr_schedule", "cosine"]
    notes = execute(build_request(solved), Options(tmp_path, run_id="pca", quiet=True)).notes
    assert "--lr_schedule did nothing: this model is learned by no gradient steps" in notes
