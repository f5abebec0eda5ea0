"""Ended by a signal at any stage: on record, nobody left behind in 5 s, and the same command goes on from there."""

import os
import signal
import time
from pathlib import Path

import pytest
from killing import SLOW, ended, results
from warm import Process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"),
]

ROOT = Path(__file__).parents[3]
FEW = ["--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--trainer.max_steps", "4"]
FEW += ["--suite", "slow.SlowSuite", "--suite.metrics", "[probe]", "--threads", "1"]
DDP = ["--trainer.devices", "2", "--trainer.strategy", "ddp", "--trainer.accelerator", "cpu"]
COMMANDS = {
    "run": ["run", "--model", "slow.Slow", *FEW],
    "compare": ["compare", "--models", "slow.Slow", "--seeds", "2", "--workers", "2", *FEW],
    "two processes": ["run", "--model", "slow.Slow", *FEW, *DDP],
}
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def start(folder, name):
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    return Process(["-m", "embedbench", *COMMANDS[name]], folder, env)


@pytest.mark.parametrize("stage", ["fit", "scoring"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["INT", "TERM", "KILL"])
@pytest.mark.parametrize("name", COMMANDS)
def test_killed(name, number, stage, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf8")
    (tmp_path / stage).touch()
    process = start(tmp_path, name)
    runs, until = 2 if name == "compare" else 1, time.monotonic() + 120
    while not (
        (tmp_path / f"in_{stage}").exists() and [one["status"] for one in results(tmp_path)] == ["running"] * runs
    ):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)
    process.send_signal(number)
    left, seconds = ended(tmp_path)
    _, err = process.communicate()
    assert not left
    assert seconds < 5
    assert "Traceback" not in err
    found = results(tmp_path)  # readable: nothing is torn
    assert len(found) == runs
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
        if name == "compare":  # its workers, which were told, had time
            assert {(one["status"], one["error"]) for one in found} == {("failed", "terminated")}
        else:
            assert [one["status"] for one in found] == ["running"]
    else:
        assert process.returncode == 128 + number
        assert f"embedbench: {WORDS[number]}; what had finished is kept." in err
        assert {one["status"] for one in found} == {"failed"}
        assert {one["error"] for one in found} == {WORDS[number]}
    if stage == "scoring" or (name == "two processes" and number != signal.SIGKILL):
        return  # nothing is left in another state than in the cases that go on
    (tmp_path / stage).unlink()
    again = start(tmp_path, name)
    _, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert [one["status"] for one in results(tmp_path)] == ["finished"] * runs
    if name != "compare":
        assert ("which is gone: it starts again" if number == signal.SIGKILL else "): it starts again") in err
