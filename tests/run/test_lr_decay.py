"""The decay of the learning rate: one callback for all models that are learned by the common optimiser."""

import pytest
from lightning.pytorch import Callback, seed_everything

from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.request.request import build_request, run_id
from embedbench.request.resolve import resolve
from embedbench.results.variants import variants
from embedbench.run.execute import execute
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.lr_decay import decay_notes

FEW = ("--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--threads", "1")


class Rates(Callback):
    """The rate of each step."""

    def __init__(self):
        self.seen = []

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.seen.append(optimizer.param_groups[0]["lr"])


def rates(folder, model, decay, *words):
    parts = resolve(build_request(["--model", model, *FEW, "--model.lr", "0.01", *words]))
    seed_everything(0, verbose=False)
    built, seen = parts.make_model(parts.data.spec), Rates()
    trainer = make_trainer({**parts.trainer, "callbacks": [seen]}, built, folder, lr_decay=decay)
    fit(trainer, built, parts.data)
    return built, seen.seen


def test_rate_falls_to_nothing_over_the_last_steps(tmp_path):
    _, found = rates(tmp_path, "autoencoder", 0.4, "--trainer.max_steps", "10")
    assert found == pytest.approx([0.01] * 7 + [0.0075, 0.005, 0.0025])


def test_rate_falls_over_the_steps_of_epochs_too(tmp_path):
    _, found = rates(tmp_path, "autoencoder", 1.0, "--trainer.max_steps", "-1", "--trainer.max_epochs", "2")
    assert found == pytest.approx([0.01 * left / 6 for left in (6, 5, 4, 3, 2, 1)])


def test_rate_stays_unless_asked(tmp_path):
    assert rates(tmp_path, "autoencoder", None, "--trainer.max_steps", "4")[1] == [0.01] * 4


def test_a_schedule_of_the_models_own_stays(tmp_path):
    model, found = rates(tmp_path, "neighbor_embedding", 0.5, "--trainer.max_steps", "4")
    assert found == pytest.approx([0.01, 0.0075, 0.005, 0.0025])
    assert decay_notes(0.5, model) == ["--lr_decay did nothing: this model is on a schedule of its own"]


@pytest.mark.parametrize("value", ["0", "1.5", "-1", "true", "[0.5]", "abc"])
def test_shares_out_of_range_are_refused(value):
    with pytest.raises(UsageError, match=r"--lr_decay must be a number in \(0, 1\] or null, got"):
        build_request(["--model", "vae", "--data", "digits", "--lr_decay", value])


def test_run_is_another_only_where_it_is_asked_for():
    words = ["--model", "vae", "--data", "digits"]
    plain = run_id(build_request(words))
    assert run_id(build_request([*words, "--lr_decay", "null"])) == plain
    assert run_id(build_request([*words, "--lr_decay", "0.3"])) != plain


@pytest.mark.slow
def test_leaderboard_tells_the_runs_apart(tmp_path):
    words = ["--model", "autoencoder", *FEW, "--trainer.max_steps", "4", "--suite.metrics", "[probe]"]
    asked = {"plain": [], "falls": ["--lr_decay", "0.3"]}
    found = [
        execute(build_request([*words, *more]), Options(tmp_path, run_id=name, quiet=True))
        for name, more in asked.items()
    ]
    assert "the learning rate fell to 0 over the last 30 % of the steps" in found[1].notes
    assert {one.label for one in variants(found)} == {"autoencoder", "autoencoder (lr_decay=0.3)"}
    solved = ["--model", "pca", *FEW, "--suite.metrics", "[probe]", "--lr_decay", "0.3"]
    notes = execute(build_request(solved), Options(tmp_path, run_id="pca", quiet=True)).notes
    assert "--lr_decay did nothing: this model is learned by no gradient steps" in notes
