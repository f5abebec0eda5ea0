"""Commands in one, two and three processes, and what they left."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest
import warm

LANES = Path(__file__).with_name("lanes.py")
ROOT = Path(__file__).parents[2]


class Ended(NamedTuple):
    """How one process of a job ended."""

    code: int
    seconds: float
    log: str


class Lane:
    """Jobs that run one after the other in one folder; see ``lanes.py``.

    Attributes:
        folder: Where they run.
        jobs: Their descriptions.
    """

    def __init__(self, folder):
        self.folder, self.jobs = folder, []

    def add(self, name, command, *argv, processes=1, **more):
        """Adds a job; several processes get what Lightning needs to join them, unless ``argv`` says otherwise."""
        ddp = ["--trainer.accelerator", "cpu", "--trainer.devices", str(processes)]
        ddp += ["--trainer.strategy", "ddp"] if processes > 1 else []
        words = [command, *ddp, *map(str, argv)]
        self.jobs.append({"name": name, "argv": words, "folder": str(self.folder), "ranks": processes, **more})

    def ended(self, name):
        """How the processes of a job ended, by rank."""
        ranks = next(job["ranks"] for job in self.jobs if job["name"] == name)
        found = [json.loads((self.folder / f"{name}.{rank}.json").read_text(encoding="utf8")) for rank in range(ranks)]
        logs = [(self.folder / f"{name}.{rank}.log").read_text(encoding="utf8") for rank in range(ranks)]
        return [Ended(one["code"], one["seconds"], log) for one, log in zip(found, logs, strict=True)]

    def result(self, run):
        """A run's result as JSON holds it."""
        return json.loads((self.folder / "runs" / run / "result.json").read_text(encoding="utf8"))


@pytest.fixture(scope="session")
def lane():
    """Makes a lane in a folder."""
    return Lane


@pytest.fixture(scope="session")
def run_lanes():
    """Runs lanes side by side in processes warmed once, and waits for them."""

    def run(*lanes, limit=560):
        plan = lanes[0].folder / "plan.json"
        plan.write_text(json.dumps([one.jobs for one in lanes]), encoding="utf8")
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
        warm.ended([LANES, plan], lanes[0].folder, env, timeout=limit).check_returncode()

    return run
