"""The commands of the docs' pages on one's own data run, and describe says what the pages show."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path.read_text(encoding="utf8") for path in sorted((ROOT / "docs").glob("own_*.md"))}
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


def shell(text, cwd):
    """Runs a block, by this interpreter."""
    python = shlex.quote(sys.executable)
    line = re.sub(r"^embedbench\b", f"{python} -m embedbench", text, flags=re.MULTILINE)
    line = re.sub(r"^python\b", python, line, flags=re.MULTILINE)
    return subprocess.run(["bash", "-ec", line], cwd=cwd, env=ENV, capture_output=True, text=True, check=False)


def blocks(page, kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGES[page], re.DOTALL)


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory):
    """The name of a page, and a folder with the files that its first command makes."""
    folder = tmp_path_factory.mktemp(request.param)
    done = shell(blocks(request.param, "bash")[0], folder)
    assert done.returncode == 0, done.stderr
    return request.param, folder


def test_pages_there_are():
    assert {"own_data", "own_texts", "own_images", "own_vectors", "own_cells"} == PAGES.keys()


def test_describe_says_what_the_page_shows(page):
    name, folder = page
    done = shell(blocks(name, "bash")[1], folder)
    (shown,) = blocks(name, "text")
    assert (done.returncode, done.stdout) == (0, shown)


@pytest.mark.slow
def test_every_command_runs(page):
    name, folder = page
    for block in blocks(name, "bash")[2:]:
        done = shell(block, folder)
        assert done.returncode == 0, done.stderr
        assert "failed" not in done.stderr
