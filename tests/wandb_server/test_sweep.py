"""The real W&B client against a stand-in server: runs, a sweep of four trials, modes, and a server that isn't there."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from embedbench.catalog import find, load_yaml

STUB = os.environ.get("EMBEDBENCH_WANDB_STUB", "")
BIN = Path(sys.executable).parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(STUB).is_file(), reason="EMBEDBENCH_WANDB_STUB names no stand-in W&B server"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """URL of a stand-in server of this module's own."""
    folder = tmp_path_factory.mktemp("server")
    words = [sys.executable, STUB, "--port", "0", "--dump", str(folder / "dump.json")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def call(folder, url, *words, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    environment |= {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "WANDB_BASE_URL": url,
        "WANDB_API_KEY": "0123456789" * 4,
        "WANDB_ERROR_REPORTING": "false",
        **more,
    }
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False)


def dump(url):
    with urllib.request.urlopen(f"{url}/_dump") as answer:
        content = json.load(answer)
    assert content["faults"] == []
    assert content["unknownFields"] == []
    return content


def result_of(folder, run):
    return json.loads((folder / "runs" / run["summary"]["run_id"] / "result.json").read_text(encoding="utf8"))


def flat(result):
    return {f"{split}/{name}": value for split, found in result["metrics"].items() for name, value in found.items()}


def assert_mirrors(folder, run):
    result = result_of(folder, run)
    assert run["state"] == "finished"
    assert result["status"] == "finished"
    assert flat(result)
    for name, value in flat(result).items():
        assert run["summary"][name] == value


@pytest.mark.parametrize("ranks", [1, 2])
def test_sweep_of_four_trials_by_the_agent(server, tmp_path, ranks):
    sweep = load_yaml(find("sweeps", "compare"))
    sweep["parameters"]["model"] = {"values": ["pca", "autoencoder"]}
    sweep["parameters"]["seed_everything"] = {"values": [0, 1]} if ranks == 1 else {"value": 0}
    few = {"trainer.max_steps": 10, "suite.metrics": ["probe"], "trainer.devices": ranks, "trainer.accelerator": "cpu"}
    sweep["parameters"] |= {name: {"value": value} for name, value in few.items()}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep), encoding="utf8")
    project = f"sweep{ranks}"
    made = call(tmp_path, server, str(BIN / "wandb"), "sweep", "--project", project, "sweep.yaml")
    found = re.search(r"wandb agent (\S+)", made.stdout + made.stderr)
    assert found, made.stdout + made.stderr
    done = call(tmp_path, server, str(BIN / "wandb"), "agent", found[1])
    runs = [run for run in dump(server)["runs"] if run["project"] == project]
    assert len(runs) == (4 if ranks == 1 else 2), done.stdout + done.stderr
    for run in runs:
        assert_mirrors(tmp_path, run)
        assert result_of(tmp_path, run)["resources"]["world_size"] == ranks
        assert run["sweep"]


def test_run_logs_config_losses_and_validation(server, tmp_path):
    words = ["run", "--model", "autoencoder", "--data", "digits", "--trainer.max_steps", "60", "--wandb", "single"]
    done = call(tmp_path, server, str(BIN / "embedbench"), *words, "--suite.metrics", "[probe]")
    assert done.returncode == 0, done.stderr
    (run,) = [run for run in dump(server)["runs"] if run["project"] == "single"]
    assert_mirrors(tmp_path, run)
    logged = {name for row in run["history"] for name in row}
    assert {"train/reconstruction", "val/reconstruction", "val/loss"} <= logged
    assert run["config"]["config"]["value"]["model_name"] == "autoencoder"


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_own_files_are_complete_without_a_server(tmp_path, mode):
    words = ["run", "--model", "pca", "--data", "digits", "--wandb", "demo", "--wandb_mode", mode]
    done = call(tmp_path, "http://127.0.0.1:9", str(BIN / "embedbench"), *words, "--suite.metrics", "[probe]")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "runs").glob("*/result.json")
    assert flat(json.loads(path.read_text(encoding="utf8")))


def test_a_server_that_is_not_there_is_one_sentence(tmp_path):
    words = ["run", "--model", "pca", "--data", "digits", "--wandb", "demo", "--suite.metrics", "[probe]"]
    done = call(tmp_path, "http://127.0.0.1:9", str(BIN / "embedbench"), *words)
    assert done.returncode == 2
    assert "--wandb_mode offline" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "runs").glob("*/result.json")) == []
