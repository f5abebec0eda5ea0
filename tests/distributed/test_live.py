"""Live evaluation in two processes: each embeds its part, and both decide by the same values."""

import csv
import json

import pytest

pytestmark = pytest.mark.slow

FEW = ["--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--threads", "1"]
TOLD = '''
from lightning.pytorch import Callback


class Told(Callback):
    """Writes down what this process knows of the live values."""

    def on_train_epoch_end(self, trainer, pl_module):
        value = trainer.callback_metrics["live/retrieval/map@r"]
        with open(f"told.{trainer.global_rank}.txt", "a") as stream:
            print(trainer.current_epoch + 1, repr(float(value)), file=stream)
'''
STOP = {"class_path": "EarlyStopping", "init_args": {"monitor": "live/retrieval/map@r", "patience": 1}}


@pytest.fixture(scope="module")
def here(tmp_path_factory, lane, run_lanes):
    folder = tmp_path_factory.mktemp("live")
    (folder / "told.py").write_text(TOLD, encoding="utf8")
    here = lane(folder)
    callbacks = ["--trainer.callbacks", json.dumps([{"class_path": "told.Told"}, STOP])]
    live = ["--evaluate_every", "1", "--suite.metrics", "[retrieval, geometry]"]
    learned = ["--model", "autoencoder", *FEW, *live, "--trainer.max_epochs", "40", "--trainer.max_steps", "-1"]
    monitor = ["--monitor", "live/retrieval/map@r", "--model.lr", "0.05"]
    here.add("stop", "run", *learned, *monitor, *callbacks, "--run_id", "stop", processes=2)
    for processes in (1, 2):
        here.add(
            f"pca-{processes}",
            "run",
            "--model",
            "pca",
            *FEW,
            *live,
            "--run_id",
            f"pca-{processes}",
            processes=processes,
        )
    run_lanes(here)
    return here


def curve(here, run):
    with (here.folder / "runs" / run / "live.csv").open(encoding="utf8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_both_processes_know_the_same_values_and_stop_together(here):
    first, second = here.ended("stop")
    assert (first.code, second.code) == (0, 0), first.log + second.log
    told = [(here.folder / f"told.{rank}.txt").read_text(encoding="utf8") for rank in (0, 1)]
    assert told[0] == told[1]
    values = [float(line["retrieval/map@r"]) for line in curve(here, "stop")]
    assert [float(line.split()[1]) for line in told[0].splitlines()] == pytest.approx(values, rel=1e-6)
    assert len(values) < 40
    assert values[-1] <= max(values[:-1])
    assert "embedbench: epoch 1, " in first.log
    assert "embedbench: epoch 1, " not in second.log


def test_values_are_those_of_one_process(here):
    (one,), (two,) = curve(here, "pca-1"), curve(here, "pca-2")
    assert [rank.code for rank in here.ended("pca-2")] == [0, 0]
    assert set(one) == set(two)
    for name in set(one) - {"seconds"}:
        assert float(one[name] or 0) == pytest.approx(float(two[name] or 0), abs=1e-5), name
