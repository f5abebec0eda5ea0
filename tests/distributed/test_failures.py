"""What goes wrong in one process of several, or takes long in one: all of them end, and the record says why."""

import json

import pytest

pytestmark = pytest.mark.slow

FEW = ["--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--suite.metrics", "[probe]"]
FILES = {
    "broken.py": '''
import torch
from embedbench.paradigms.classical.autoencoder import Autoencoder


class Broken(Autoencoder):
    """The second process's loss is NaN at step 3, which neither gradients nor the other process feel."""

    def terms(self, batch):
        broken = self.training and self.trainer.global_rank == 1 and self.global_step == 3
        return {**super().terms(batch), "spoiled": torch.tensor(torch.nan if broken else 0.0)}
''',
    "slow.py": '''
import time
from embedbench.evaluation.suite import Suite


class Slow(Suite):
    """Scores longer than the processes may wait for each other."""

    def assess(self, gallery, queries):
        time.sleep(12)
        return super().assess(gallery, queries)
''',
}
SLOW = {
    "suite": {"class_path": "slow.Slow", "init_args": {"metrics": ["probe"]}},
    "trainer": {
        "max_steps": 4,
        "accelerator": "cpu",
        "devices": 2,
        "strategy": {"class_path": "lightning.pytorch.strategies.DDPStrategy", "init_args": {"timeout": "0:00:06"}},
    },
}


@pytest.fixture(scope="module")
def here(tmp_path_factory, lane, run_lanes):
    """Two lanes side by side, for one of them sleeps most of its time."""
    folder = tmp_path_factory.mktemp("failures")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf8")
    (folder / "slow.json").write_text(json.dumps(SLOW), encoding="utf8")
    here, beside = lane(folder), lane(folder)
    broken = ["run", "--model", "broken.Broken", *FEW, "--run_id", "broken"]
    here.add("broken", *broken, "--trainer.log_every_n_steps", 5, "--trainer.max_steps", 20, processes=2)
    here.add("few", "run", "--model", "raw", "--data", "digits", "--data.train_rows", 20, processes=3)
    one = ["--trainer.devices", 1, "--trainer.strategy", "auto"]
    here.add("apart", "run", "--model", "raw", *FEW, "--run_id", "apart", *one, processes=2)
    slow = ["--config", "slow.json", "--model", "autoencoder", *FEW[:6], "--run_id", "slow"]
    beside.add("slow", "run", *slow, processes=2)
    run_lanes(here, beside)
    here.jobs += beside.jobs
    return here


def test_loss_that_breaks_in_one_process_stops_all_and_names_the_step(here):
    first, second = here.ended("broken")
    assert first.code == 1
    assert "the loss became NaN or infinite at step 3;" in first.log
    # Another code would have the launcher kill the first process, perhaps before it has recorded the failure.
    assert second.code == 0, second.log
    assert "Traceback" not in first.log + second.log
    result = here.result("broken")
    assert result["status"] == "failed"
    assert result["error"].startswith("RunError: the loss became NaN or infinite at step 3;")
    assert "test" not in result["metrics"]


def test_scoring_may_take_longer_than_processes_wait_for_each_other(here):
    first, second = here.ended("slow")
    assert (first.code, second.code) == (0, 0), first.log + second.log
    assert first.seconds - second.seconds > 9  # the other had nothing more to do, and nobody to wait for
    assert here.result("slow")["status"] == "finished"
    assert here.result("slow")["resources"]["world_size"] == 2


def test_more_processes_than_rows_are_refused(here):
    for process in here.ended("few"):
        assert process.code == 2
        assert "3 processes are too many for 2 val rows; lower --trainer.devices." in process.log


def test_launched_processes_that_would_each_be_a_run_are_refused(here):
    first, second = here.ended("apart")
    assert first.code == 0
    assert second.code == 2
    assert "a launcher started several processes, but --trainer asks for one" in second.log
    assert {path.name for path in (here.folder / "runs").iterdir()} == {"apart", "broken", "slow"}
