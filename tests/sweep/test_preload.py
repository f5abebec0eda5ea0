"""The fork server ends with its parent while it still imports, which takes many seconds."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from killing import at_work

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

ROOT = Path(__file__).parents[2]
SLOW = """
import time
from pathlib import Path
Path("importing").touch()
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["INT", "TERM", "KILL"])
def test_nobody_is_left_behind_an_import(number, tmp_path):
    (tmp_path / "torch.py").write_text(SLOW, encoding="utf8")  # stands before the true one
    words = [sys.executable, "-m", "embedbench", "compare", "--models", "raw", "--data", "wine", "--seeds", "1"]
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    process = subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not (tmp_path / "importing").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)
    process.send_signal(number)
    told = time.monotonic()
    while (left := at_work(tmp_path)) and time.monotonic() < told + 10:
        time.sleep(0.05)
    process.kill()
    _, err = process.communicate()
    assert not left
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in err
