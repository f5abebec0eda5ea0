"""A run and its mirror at W&B: the same numbers, once, and our own files complete whatever becomes of the mirror."""

import pytest

pytestmark = pytest.mark.slow

FEW = ["--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--suite.metrics", "[probe,latent]"]
SHORT = ["--trainer.max_steps", "6", "--trainer.val_check_interval", "3", "--trainer.log_every_n_steps", "1"]
MODELS = '''
import os
import urllib.request
import torch
from embedbench.paradigms.classical.autoencoder import Autoencoder


class Broken(Autoencoder):
    """Its loss is NaN at step 2."""

    def terms(self, batch):
        broken = self.training and self.global_step == 2
        return {**super().terms(batch), "spoiled": torch.tensor(torch.nan if broken else 0.0)}


class Cut(Autoencoder):
    """Loses the server at step 3."""

    def on_train_batch_end(self, *args):
        if self.global_step == 3:
            url = os.environ["WANDB_BASE_URL"] + "/_mode/drop"
            urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()
'''


class Mirrors:
    """Jobs on three servers: one that works, one that is lost, one that refuses."""

    def __init__(self, folder, lane, start_server):
        self.server, lost, refusing = start_server(), start_server(), start_server()
        refusing.fail("401")
        nowhere = {
            "WANDB_API_KEY": None,
            "WANDB_MODE": None,
            "WANDB_BASE_URL": "http://127.0.0.1:9",
            "WANDB_ERROR_REPORTING": "false",
            "HOME": str(folder / "home"),
        }
        self.good, self.cut, self.dead = lane(folder), lane(folder), lane(folder)
        self.add(self.good, "one", self.server.env, "autoencoder")
        self.add(self.good, "two", self.server.env, "autoencoder", processes=2)
        self.add(self.good, "broken", self.server.env, "models.Broken")
        self.add(self.good, "offline", nowhere, "autoencoder", "--wandb_mode", "offline")
        agent = {"WANDB_MODE": "offline", "WANDB_SWEEP_ID": "sweep7", "WANDB_RUN_ID": "trial3"}
        self.add(self.good, "agent", {**nowhere, **agent}, "raw")
        self.add(self.good, "disabled", nowhere, "raw", "--wandb_mode", "disabled")
        self.add(self.good, "no_key", nowhere, "raw")
        self.add(self.good, "odd_mode", {**nowhere, "WANDB_MODE": "banana"}, "raw")
        self.add(self.good, "refused", refusing.env, "raw")
        self.add(self.cut, "cut", lost.env, "models.Cut")
        self.add(self.dead, "kept", nowhere, "raw", "--wandb_mode", "disabled")
        dead = {**self.server.env, "WANDB_BASE_URL": "http://127.0.0.1:9"}
        self.add(self.dead, "dead", dead, "raw", "--run_id", "kept", "--overwrite")
        self.lost = lost

    def add(self, where, name, env, model, *more, processes=1):
        """Adds a run that is mirrored in a project of its own."""
        argv = ["--model", model, *FEW, *SHORT, "--run_id", name, "--wandb", f"p-{name}", *more]
        where.add(name, "run", *argv, processes=processes, env=env)

    def run(self, name, server=None):
        """The one run of a project, as the server knows it."""
        (found,) = [run for run in (server or self.server).dump()["runs"] if run["project"] == f"p-{name}"]
        return found


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, lane, run_lanes, start_server):
    folder = tmp_path_factory.mktemp("mirrors")
    (folder / "home").mkdir()
    (folder / "models.py").write_text(MODELS, encoding="utf8")
    mirrors = Mirrors(folder, lane, start_server)
    run_lanes(mirrors.good, mirrors.cut, mirrors.dead)
    return mirrors


def flat(result):
    return {f"{split}/{name}": value for split, found in result["metrics"].items() for name, value in found.items()}


@pytest.mark.parametrize(("name", "processes"), [("one", 1), ("two", 2)])
def test_one_finished_run_with_the_numbers_of_our_own_record(name, processes, mirrors):
    for process in mirrors.good.ended(name):
        assert process.code == 0, process.log
    run, result = mirrors.run(name), mirrors.good.result(name)
    assert run["state"] == "finished"
    expected = flat(result)
    assert len(expected) >= 10
    assert {key: run["summary"][key] for key in expected} == expected
    assert run["summary"]["world_size"] == processes
    assert run["summary"]["run_id"] == run["displayName"] == name
    assert run["summary"]["status"] == "finished"


def test_losses_and_configuration_arrive(mirrors):
    run, result = mirrors.run("one"), mirrors.good.result("one")
    losses = {
        name: [row[name] for row in run["history"] if name in row] for name in ("train/reconstruction", "val/loss")
    }
    assert [len(values) for values in losses.values()] == [6, 2]
    assert losses["val/loss"][1] < losses["val/loss"][0]
    config = run["config"]["config"]["value"]
    assert config == {key: value for key, value in result["config"].items() if key not in ("sees_labels", "is_input")}
    assert config["model"]["init_args"]["lr"] > 0  # defaults too


def test_failed_run_is_marked_failed(mirrors):
    (process,) = mirrors.good.ended("broken")
    assert process.code == 1
    run = mirrors.run("broken")
    assert (run["state"], run["exitcode"]) == ("failed", 1)
    assert run["summary"]["status"] == "failed"
    assert mirrors.good.result("broken")["status"] == "failed"


@pytest.mark.parametrize("name", ["offline", "disabled", "agent"])
def test_own_files_are_complete_without_key_or_server(name, mirrors):
    (process,) = mirrors.good.ended(name)
    assert process.code == 0, process.log
    result, folder = mirrors.good.result(name), mirrors.good.folder / "runs" / name
    assert result["status"] == "finished"
    assert set(result["metrics"]) == {"val", "test"}
    assert (folder / "checkpoints" / "model.safetensors").is_file()
    assert (folder / "history" / "metrics.csv").is_file() == (name == "offline")
    assert len(list(folder.glob("wandb/offline-run-*/run-*.wandb"))) == (name != "disabled")
    assert not (mirrors.good.folder / "wandb").exists()


def test_trial_of_an_agent_knows_its_sweep(mirrors):
    assert mirrors.good.result("agent")["sweep"] == {"id": "sweep7", "trial": "trial3"}
    assert mirrors.good.result("offline")["sweep"] is None


@pytest.mark.parametrize("name", ["no_key", "odd_mode", "refused", "dead"])
def test_mirror_that_can_not_be_opened_is_one_sentence(name, mirrors):
    where = mirrors.dead if name == "dead" else mirrors.good
    (process,) = where.ended(name)
    assert process.code == 2
    assert process.seconds < 60
    said = process.log.strip().rsplit("\n", 1)[-1]
    assert said.startswith("embedbench: error: W&B can't be used (")
    assert said.endswith("); log in, or add --wandb_mode offline.")
    assert "Traceback" not in process.log
    names = {path.name for path in (where.folder / "runs").iterdir()}
    assert names == {"one", "two", "broken", "offline", "agent", "disabled", "cut", "kept"}


def test_run_to_be_replaced_survives_a_dead_server(mirrors):
    assert mirrors.dead.result("kept")["status"] == "finished"
    assert (mirrors.dead.folder / "runs" / "kept" / "checkpoints" / "model.safetensors").is_file()


def test_server_lost_in_the_middle_costs_the_run_nothing(mirrors):
    (process,) = mirrors.cut.ended("cut")
    assert process.code == 0, process.log
    assert process.seconds < 100
    result = mirrors.cut.result("cut")
    assert result["status"] == "finished"
    assert len(flat(result)) >= 10
    mirrors.lost.fail("up")
    assert mirrors.run("cut", mirrors.lost)["state"] == "running"  # the server never heard of the end
    assert list((mirrors.cut.folder / "runs" / "cut").glob("wandb/run-*/run-*.wandb"))  # to be sent later
