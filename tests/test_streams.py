"""Standard streams that are closed or full cost no work, and no exit code but that of what was to be shown."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def ended(folder, words, sinks):
    command = f"{shlex.quote(sys.executable)} -m embedbench {words} {sinks}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("sinks", [">&-", "2>&-", ">&- 2>&- <&-", "2>/dev/full", "2>&1 | true"])
def test_bad_input_stays_bad_input(sinks, tmp_path):
    done = ended(tmp_path, "leaderboard nope", sinks)
    assert done.returncode == (0 if "|" in sinks else 2)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("sinks", "code"), [(">&-", 0), (">&- 2>&- <&-", 0), ("2>/dev/full", 0), (">/dev/full", 1)])
def test_what_is_to_be_written_is_written(sinks, code, tmp_path):
    z = np.random.default_rng(0).normal(size=(60, 2))
    np.savez(tmp_path / "z.npz", z=z, label=np.arange(60) % 3)
    done = ended(tmp_path, "evaluate z.npz --metrics retrieval --output scores.json", sinks)
    assert done.returncode == code, done.stderr
    assert "retrieval/recall@1" in (tmp_path / "scores.json").read_text(encoding="utf8")


@pytest.mark.parametrize("sinks", ["", ">&-"])
def test_help_ends_well(sinks, tmp_path):
    done = ended(tmp_path, "leaderboard --help", sinks)
    assert (done.returncode, done.stderr) == (0, "")
