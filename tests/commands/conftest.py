"""The command line called in this process, so that Lightning is imported once, and small inputs of every bad kind."""

import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import warm

from embedbench.cli import main

ROOT = Path(__file__).parents[2]
FEW = shlex.split("--data.train_rows 300 --data.test_rows 60 --trainer.max_steps 4 --threads 1 --suite.metrics [probe]")
JARGON = ("Traceback", "usage:", "Namespace", "Parser key", "<class", "Union", "typing", "NoneType", "init_args")


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def files(folder):
    """Every path below a folder, with its size and time of change."""
    found = sorted(Path(folder).rglob("*"))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def here(folder, *argv):
    """Calls the command line in this process, with a folder as working directory."""
    out, err, before, path = io.StringIO(), io.StringIO(), Path.cwd(), list(sys.path)
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main([str(word) for word in argv])
    finally:
        os.chdir(before)
        sys.path[:] = path
    return Ended(ended.value.code, out.getvalue(), err.getvalue())


def apart(folder, *argv):
    """Calls the command line as a process of its own."""
    done = warm.ended(["-m", "embedbench", *argv], folder, {**os.environ, "PYTHONPATH": str(ROOT)})
    return Ended(done.returncode, done.stdout, done.stderr)


def afresh(folder, *argv):
    """Calls the command line by a new interpreter, which imports all by itself."""
    command = [sys.executable, "-m", "embedbench", *map(str, argv)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def command():
    """Calls the command line in this process: ``command(folder, *argv)``."""
    return here


@pytest.fixture(scope="session")
def command_apart():
    """Calls the command line as a process of its own: ``command_apart(folder, *argv)``."""
    return apart


@pytest.fixture(scope="session")
def command_afresh():
    """Calls the command line by a new interpreter: ``command_afresh(folder, *argv)``."""
    return afresh


@pytest.fixture(scope="session")
def few():
    """Arguments that make a run short."""
    return FEW


@pytest.fixture(scope="session")
def results_in():
    """The results below a folder by model name, as JSON holds them."""

    def read(folder):
        found = [json.loads(path.read_text(encoding="utf8")) for path in sorted(Path(folder).rglob("result.json"))]
        return {result["model"]: result for result in found}

    return read


@pytest.fixture
def no_encoder(tmp_path, monkeypatch):
    """No pretrained encoder is at hand, whatever this machine has."""
    monkeypatch.delenv("EMBEDBENCH_ENCODER", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no_hub"))


@pytest.fixture
def refused(tmp_path):
    """Calls what must be refused, and gives the sentence that says why."""

    def check(*argv):
        before = files(tmp_path)
        code, out, err = here(tmp_path, *argv)
        assert code == 2, err
        assert files(tmp_path) == before
        assert out == ""
        # What a person sees beside the error: a run says what it is about, a sweep draws its bar.
        lines = [
            line for line in err.splitlines() if line.strip() and not line.endswith(" ...") and " runs " not in line
        ]
        assert len(lines) == 1, err
        assert lines[0].startswith("embedbench: error: ")
        assert not [word for word in JARGON if word in lines[0]]
        assert len(lines[0]) < 500
        return lines[0].removeprefix("embedbench: error: ")

    return check


@pytest.fixture
def inputs(tmp_path):
    """Files with one flaw each, by name, in the working directory."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)).astype(np.float32), np.arange(60) % 2

    def csv(name, second, label):
        rows = [f"{a:.4f},{b},{c}" for (a, *_), b, c in zip(x, second, label, strict=True)]
        (tmp_path / name).write_text("\n".join(["a,b,y", *rows]) + "\n", encoding="utf8")

    fine = [f"{value:.4f}" for value in x[:, 1]]
    csv("fine.csv", fine, ["xy"[k] for k in y])
    (tmp_path / "latin.csv").write_bytes("text\ncafé\n".encode("latin1"))
    csv("infinite.csv", ["inf", "-inf", *fine[2:]], ["xy"[k] for k in y])
    csv("one_class.csv", fine, ["x"] * 60)
    bad = x.copy()
    bad[3, 2], bad[5, 2], bad[7, 2] = np.nan, np.inf, -np.inf
    np.savez(tmp_path / "broken.npz", x=bad, y=y)
    np.savez(tmp_path / "fine.npz", z=x, label=y)
    np.savez(tmp_path / "broken_z.npz", z=bad, label=y)
    (tmp_path / "no_images" / "cat").mkdir(parents=True)
    (tmp_path / "bad_image" / "cat").mkdir(parents=True)
    (tmp_path / "bad_image" / "cat" / "torn.png").write_bytes(b"no picture")
    (tmp_path / "file").write_text("", encoding="utf8")
    return tmp_path
