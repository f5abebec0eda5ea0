"""The commands of the docs' page on one's own data run, and describe says what the page shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```(bash|text)\n(.*?)```", (ROOT / "docs" / "own_data.md").read_text(encoding="utf8"), re.DOTALL)
LINES = [text for kind, text in BLOCKS if kind == "bash"]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def shell(text, cwd):
    """Runs a block, by this interpreter."""
    python = shlex.quote(sys.executable)
    line = re.sub(r"^embedbench\b", f"{python} -m embedbench", text, flags=re.MULTILINE)
    line = re.sub(r"^python\b", python, line, flags=re.MULTILINE)
    return subprocess.run(["bash", "-ec", line], cwd=cwd, env=ENV, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    assert shell(LINES[0], folder).returncode == 0
    return folder


def test_describe_says_what_the_page_shows(place):
    done = shell(LINES[1], place)
    (shown,) = [text for kind, text in BLOCKS if kind == "text"]
    assert (done.returncode, done.stdout) == (0, shown)


@pytest.mark.slow
def test_every_command_runs(place):
    for block in LINES[2:]:
        done = shell(block, place)
        assert done.returncode == 0, done.stderr
        assert "failed" not in done.stderr
    assert (place / "z.parquet").stat().st_size
