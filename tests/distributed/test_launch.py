"""The ways by which several processes come to be: Lightning starts them, or torchrun does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FEW = ["--data.train_rows", "301", "--data.test_rows", "61", "--trainer.max_steps", "4", "--suite.metrics", "[probe]"]
TWO = ["--trainer.accelerator", "cpu", "--trainer.devices", "2", "--trainer.strategy", "ddp"]
ANY_PORT = ["--rdzv_backend", "c10d", "--rdzv_endpoint", "localhost:0"]
LAUNCHERS = {
    "lightning": ["embedbench"],
    "torchrun": ["torch.distributed.run", "--nproc_per_node", "2", *ANY_PORT, "-m", "embedbench"],
}


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_are_one_run(launcher, tmp_path):
    command = [
        sys.executable,
        "-m",
        *LAUNCHERS[launcher],
        "run",
        "--model",
        "autoencoder",
        "--data",
        "digits",
        *FEW,
        *TWO,
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.rglob("result.json")
    result = json.loads(path.read_text(encoding="utf8"))
    assert result["status"] == "finished"
    assert result["resources"]["world_size"] == 2
    assert set(result["metrics"]) == {"val", "test"}
    assert done.stdout.count("autoencoder on digits, seed 0") == 1
    assert done.stderr.count("fitted in") == 1
    assert {entry.name for entry in tmp_path.iterdir()} == {"runs"}
