"""A sweep of the shipped kind by the real `wandb agent` against a stand-in server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from embedbench.catalog import find, load_yaml

BIN = Path(sys.executable).parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(start_server):
    """One stand-in server for all sweeps."""
    return start_server()


def call(folder, server, *words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    # The agent starts the command that it finds first on the path.
    environment |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1", **server.env}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False)


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
    runs = [run for run in server.dump()["runs"] if run["project"] == project]
    assert len(runs) == (4 if ranks == 1 else 2), done.stdout + done.stderr
    for run in runs:
        assert_mirrors(tmp_path, run)
        assert result_of(tmp_path, run)["resources"]["world_size"] == ranks
        assert run["sweep"]
