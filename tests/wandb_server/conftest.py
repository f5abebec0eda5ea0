"""Stand-in servers, and lanes of jobs as the tests of several processes have them."""

import json
import os
import runpy
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

STUB = os.environ.get("EMBEDBENCH_WANDB_STUB", "")
# Test modules can't import each other: the fixtures of the folder beside this one are read from its file.
_BESIDE = runpy.run_path(str(Path(__file__).parents[1] / "distributed" / "conftest.py"))
lane, run_lanes = _BESIDE["lane"], _BESIDE["run_lanes"]


class Server(NamedTuple):
    """A stand-in W&B server at a URL."""

    url: str

    @property
    def env(self):
        """What points the client to it."""
        return {
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": "0123456789" * 4,
            "WANDB_MODE": "online",
            "WANDB_ERROR_REPORTING": "false",
        }

    def fail(self, how):
        """Makes it fail from now on."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_mode/{how}", method="POST")).close()

    def dump(self):
        """What arrived; nothing that it couldn't understand."""
        with urllib.request.urlopen(f"{self.url}/_dump") as answer:
            content = json.load(answer)
        assert content["faults"] == []
        assert content["unknownFields"] == []
        return content


@pytest.fixture(scope="module")
def start_server():
    """Starts stand-in servers that end with the module; skips without the stand-in."""
    if not Path(STUB).is_file():
        pytest.skip("EMBEDBENCH_WANDB_STUB names no stand-in W&B server")
    started = []

    def start():
        words = [sys.executable, STUB, "--port", "0"]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        return Server(started[-1].stdout.readline().strip())

    yield start
    for process in started:
        process.terminate()
        process.wait()
        process.stdout.close()
