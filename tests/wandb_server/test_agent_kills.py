"""The real `wandb agent`, killed or its run: nobody is left behind, and the same sweep goes on in the same folder."""

import itertools
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
import warm
import yaml
from killing import SLOW, at_work, ended, results

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"),
]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PARAMETERS = {
    "model": "slow.Slow",
    "data": "digits",
    "data.train_rows": 300,
    "data.test_rows": 60,
    "trainer.max_steps": 4,
    "trainer.accelerator": "cpu",
    "suite": "slow.SlowSuite",
    "suite.metrics": ["probe"],
    "threads": 1,
}
SWEEP = {
    "program": "embedbench",
    "method": "grid",
    "metric": {"name": "val/probe/knn_accuracy", "goal": "maximize"},
    "parameters": {name: {"value": value} for name, value in PARAMETERS.items()},
    "command": ["${env}", "embedbench", "run", "${args}"],
}
KILLS = {
    "agent TERM": ("agent", [signal.SIGTERM]),
    "agent INT twice": ("agent", [signal.SIGINT, signal.SIGINT]),  # at the first one it waits for its run
    "agent KILL": ("agent", [signal.SIGKILL]),
    "run TERM": ("run", [signal.SIGTERM]),
    "run KILL": ("run", [signal.SIGKILL]),
}
CASES = [*itertools.product(["agent TERM", "agent INT twice", "agent KILL"], ["fit", "scoring"])]
CASES += [("run TERM", "fit"), ("run KILL", "scoring")]
GOES_ON = [("agent KILL", "fit"), ("run KILL", "scoring")]


@pytest.fixture(scope="module")
def server(start_server):
    """One stand-in server for all sweeps."""
    return start_server()


class Agents:
    """Sweeps of one file in one folder, and their agents."""

    def __init__(self, folder, server):
        self.folder, self.server, self.agents = folder, server, []
        (folder / "slow.py").write_text(SLOW, encoding="utf8")
        (folder / "sweep.yaml").write_text(yaml.safe_dump(SWEEP), encoding="utf8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
        path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
        self.env = {**kept, **path, "OMP_NUM_THREADS": "1", **server.env}

    def start(self):
        """Makes a sweep of the file and starts an agent for it."""
        made = warm.ended(["-m", "wandb", "sweep", "--project", self.folder.name, "sweep.yaml"], self.folder, self.env)
        (sweep,) = re.findall(r"wandb agent (\S+)", made.stdout + made.stderr)
        self.agents.append(warm.Process(["-m", "wandb", "agent", sweep], self.folder, self.env))
        return self.agents[-1]

    def runs(self):
        """What the server knows of this folder's runs, oldest first."""
        return [run for run in self.server.dump()["runs"] if run["project"] == self.folder.name]

    def said(self):
        """What all agents wrote, and what they started."""
        return "".join(text for agent in self.agents for text in agent.written())


@pytest.fixture
def agents(tmp_path, server):
    return Agents(tmp_path, server)


def until(condition, seconds, agents):
    """Waits for something, and says how long it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() < begun + seconds, agents.said()
        time.sleep(0.05)
    return time.monotonic() - begun


@pytest.mark.parametrize(("name", "stage"), CASES)
def test_killed_under_an_agent(name, stage, agents):
    folder, (whom, signals) = agents.folder, KILLS[name]
    (folder / stage).touch()
    agent = agents.start()
    in_stage = folder / f"in_{stage}"
    until(lambda: in_stage.exists() and [one["status"] for one in results(folder)] == ["running"], 120, agents)
    (before,) = results(folder)
    child = int(before["environment"]["process"])
    # An agent that lives looks after its run every few seconds, and ends in its own time, with the client's service.
    living = set() if whom == "agent" else set(at_work(folder, agent.pid)) - {str(child)}
    for number in signals:
        os.kill(agent.pid if whom == "agent" else child, number)
        time.sleep(1 if len(signals) > 1 else 0)
    left, seconds = ended(folder, str(agent.pid), *living)
    assert not left, agents.said()
    assert seconds < 5
    agent.wait(60)
    assert not at_work(folder)
    assert "Traceback" not in agents.said()
    (found,) = results(folder)
    assert found["sweep"] == before["sweep"]
    if name == "run KILL":
        assert found["status"] == "running"  # nobody was left to say more; its lock went with it
    else:
        assert (found["status"], found["error"]) == ("failed", "terminated")
    if (name, stage) in GOES_ON:
        goes_on(agents, stage, stopped=name != "run KILL")


def goes_on(agents, stage, *, stopped):
    """The same sweep finishes its run, and has it in place when it is begun once more."""
    (agents.folder / stage).unlink()
    for _ in range(2):
        assert agents.start().wait(150) == 0
    (found,) = results(agents.folder)
    assert found["status"] == "finished"
    said = agents.said()
    assert ("failed (terminated): it starts again" if stopped else "which is gone: it starts again") in said
    assert said.count("had finished: its result is this trial's") == 1
    _, again, mirrored = agents.runs()
    assert found["sweep"] == {"id": again["sweep"], "trial": again["name"]}
    accuracy = found["metrics"]["val"]["probe/knn_accuracy"]
    for run in (again, mirrored):
        assert run["state"] == "finished"
        assert run["summary"]["val/probe/knn_accuracy"] == accuracy
