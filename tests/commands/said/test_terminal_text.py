"""What commands print: names from anywhere, terminals of any width, streams that can't show every letter."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

STEERING = "[b]\x1b[31m\u202e"
SHOWN = r"[b]\x1b[31m\u202e"


@pytest.fixture(scope="module")
def place(tmp_path_factory, command):
    """A folder with a file of vectors and its record, called by names that steer a terminal."""
    folder = tmp_path_factory.mktemp("odd")
    rng = np.random.default_rng(0)
    label = np.arange(60) % 2
    for name in (f"{STEERING}.npz", "=1+1 ±中.npz"):
        np.savez(folder / name, z=rng.normal(size=(60, 3)) + label[:, None], label=label)
    return folder


SHORT = ["--suite.metrics=[probe]", "--suite.neighbors=3"]


def vectors(name):
    return ["evaluate", f"./{name}.npz", "--dataset", "odd", "--name", name, *SHORT]


def plain(*texts):
    return not any(sign in text for text in texts for sign in "\x1b\u202e")


def test_names_reach_the_terminal_written_out(place, command):
    ended = command(place, *vectors(STEERING))
    assert ended.code == 0, ended.err
    assert SHOWN in ended.out
    assert SHOWN in ended.err
    assert plain(ended.out, ended.err)
    shown = [command(place, "leaderboard", "--format", fmt) for fmt in ("terminal", "md", "csv", "tex", "html", "json")]
    assert all(plain(one.out, one.err) and one.code == 0 for one in shown)
    assert SHOWN in shown[0].out
    assert SHOWN in shown[2].out


@pytest.mark.parametrize(
    "line",
    [
        ["evaluate", f"none{STEERING}.npz"],
        ["leaderboard", f"none{STEERING}"],
        ["leaderboard", "--output", f"none{STEERING}/x.md"],
        ["run", "--model", f"{STEERING}", "--data", "digits"],
        ["run", "--config", f"none{STEERING}"],
        ["list", f"{STEERING}"],
        [f"{STEERING}"],
        ["run", f"--{STEERING}", "1"],
    ],
)
def test_errors_steer_nothing(line, tmp_path, command):
    code, out, err = command(tmp_path, *line)
    assert (code, out) == (2, "")
    assert plain(err)
    assert err.count("\n") == 1


@pytest.mark.parametrize("width", [20, 40, 80])
def test_metrics_are_shown_at_every_width(width, place, command, monkeypatch):
    wide = command(place, "evaluate", "=1+1 ±中.npz", *SHORT).out
    monkeypatch.setenv("COLUMNS", str(width))
    narrow = command(place, "evaluate", "=1+1 ±中.npz", *SHORT).out
    assert max(map(cell_len, narrow.splitlines())) <= width
    assert "…" not in narrow
    words = [word for word in wide.split() if word[0].isdigit() or word[0] == "["]
    assert len(words) > 6
    assert all(word in narrow for word in words)


ASCII = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


@pytest.mark.parametrize("env", ASCII)
def test_stream_that_can_not_show_a_letter_loses_nothing(env, place):
    """The names are in ASCII here: in the C locale those of files are bytes."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), **env}
    copy = place / "plain.npz"
    copy.write_bytes((place / "=1+1 ±中.npz").read_bytes())
    for words in (
        ["evaluate", "plain.npz", "--dataset", "ascii", "--runs", "ascii", "--output", "scores.json", *SHORT],
        ["leaderboard", "ascii", "--output", "table.md"],
        ["leaderboard", "ascii"],
        ["leaderboard", "ascii", "--format", "md"],
    ):
        done = subprocess.run([sys.executable, "-m", "embedbench", *words], cwd=place, env=env, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        assert done.stdout.isascii()
        assert bool(done.stdout) == (words[:3] != ["leaderboard", "ascii", "--output"])
    assert (place / "scores.json").exists()
    assert "↑" in (place / "table.md").read_text(encoding="utf8")


def test_argument_that_is_no_text_is_refused(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    words = [sys.executable.encode(), b"-m", b"embedbench", b"evaluate", b"z\xff.npz"]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        r"embedbench: error: the argument 'z\udcff.npz' holds bytes that are no UTF-8; rename what it names." "\n"
    )
