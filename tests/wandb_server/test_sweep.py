"""A sweep of the shipped kind by the real `wandb agent` against a stand-in server."""

import itertools
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


def assert_mirrors(run, result):
    assert run["state"] == "finished"
    assert result["status"] == "finished"
    assert flat(result)
    for name, value in flat(result).items():
        assert run["summary"][name] == value


@pytest.mark.parametrize(("ranks", "models", "seeds"), [(1, ["pca", "autoencoder"], [1]), (2, ["autoencoder"], [0])])
def test_agent_runs_each_trial_once_and_mirrors_it(server, tmp_path, ranks, models, seeds):
    sweep = load_yaml(find("sweeps", "compare"))
    sweep["parameters"]["model"] = {"values": models}
    sweep["parameters"]["seed_everything"] = {"values": seeds}
    few = {"trainer.max_steps": 10, "suite.metrics": ["probe"], "trainer.devices": ranks, "trainer.accelerator": "cpu"}
    sweep["parameters"] |= {name: {"value": value} for name, value in few.items()}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep), encoding="utf8")
    project = f"sweep{ranks}"
    made = call(tmp_path, server, str(BIN / "wandb"), "sweep", "--project", project, "sweep.yaml")
    found = re.search(r"wandb agent (\S+)", made.stdout + made.stderr)
    assert found, made.stdout + made.stderr
    done = call(tmp_path, server, str(BIN / "wandb"), "agent", found[1])
    runs = [run for run in server.dump()["runs"] if run["project"] == project]
    assert len(runs) == len(models) * len(seeds), done.stdout + done.stderr
    results = [result_of(tmp_path, run) for run in runs]
    assert {(result["model"], result["seed"]) for result in results} == set(itertools.product(models, seeds))
    for run, result in zip(runs, results, strict=True):
        assert_mirrors(run, result)
        assert result["resources"]["world_size"] == ranks
        assert run["sweep"] == found[1].rsplit("/", 1)[-1]
        assert result["sweep"] == {"id": run["sweep"], "trial": run["name"]}
