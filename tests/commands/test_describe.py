"""What describe prints."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


def run(*argv, cwd, **env):
    whole = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **env}
    command = [sys.executable, "-m", "embedbench", *argv]
    return subprocess.run(command, cwd=cwd, env=whole, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("describe")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": range(60),
            "when": pd.date_range("2024-01-01", periods=60).strftime("%d.%m.%Y"),
            "a\x1b[2K": rng.normal(size=60).round(3),
            "label": ["x", "y", "z"] * 20,
        }
    )
    frame.to_csv(folder / "my.csv", index=False)
    return folder


def test_a_line_a_column_and_hints(place):
    done = run("describe", "my.csv", cwd=place)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0] == "my.csv: a table, 60 rows, 4 columns"
    assert lines[2].split() == ["column", "kind", "missing", "distinct", "becomes", "why"]
    assert lines[3].split()[:5] == ["id", "id", "0", "60", "left"]
    assert lines[4].split()[:5] == ["when", "date", "0", "60", "5"]
    assert lines[5].startswith("a\\x1b[2K")
    assert "- 'label' looks like a label: --data.label label" in lines
    assert lines[-1] == "- embedbench compare --data my.csv"
    assert max(map(len, lines)) <= 100


def test_json_says_the_same(place):
    found = json.loads(run("describe", "my.csv", "--json", cwd=place).stdout)
    assert (found["rows"], found["data"], found["label"]) == (60, "table", "label")
    assert [column["kind"] for column in found["columns"]] == ["id", "date", "number", "category"]
    assert found["columns"][0]["becomes"] == "left out"


def test_a_typo_is_one_sentence(place):
    done = run("describe", "my.cvs", cwd=place)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "embedbench: error: there is no file or folder 'my.cvs'; did you mean 'my.csv'?\n"
