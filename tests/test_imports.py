"""What a command needs not, it does not import: help and tables answer at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embedbench.cli import COMMANDS

ROOT = Path(__file__).parents[1]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
HEAVY = {"torch", "lightning", "transformers", "wandb", "torchmetrics"}
PROBE = """
import json, sys
from embedbench.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print("\\n" + json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""
LIGHT = {
    "help": "--help",
    "version": "--version",
    "list models": "list models",
    "list data": "list data",
    "list metrics": "list metrics",
    "leaderboard": "leaderboard runs",
    "leaderboard as a file": "leaderboard runs --format html --output table.html",
    **{f"{name} --help": f"{name} --help" for name in COMMANDS},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with vectors and their recorded result."""
    folder = tmp_path_factory.mktemp("light")
    label = np.arange(90) % 3
    z = np.random.default_rng(0).normal(size=(90, 4)) + 2 * np.eye(3, 4)[label]
    np.savez(folder / "z.npz", z=z, label=label)
    assert modules(folder, "evaluate", "z.npz", "--dataset", "blobs")[0] == 0
    return folder


def modules(folder, *argv):
    """Exit code of a command and the top-level modules that its process has imported."""
    command = [sys.executable, "-c", PROBE, *argv]
    done = subprocess.run(command, cwd=folder, env=ENV, capture_output=True, text=True, check=True, timeout=60)
    code, found = json.loads(done.stdout.splitlines()[-1])
    return code, set(found)


@pytest.mark.parametrize("line", LIGHT.values(), ids=LIGHT)
def test_light_command_imports_nothing_heavy(line, place):
    code, found = modules(place, *line.split())
    assert code == 0
    assert found & HEAVY == set()


def test_evaluate_imports_neither_lightning_nor_wandb(place):
    code, found = modules(place, "evaluate", "z.npz")
    assert code == 0
    assert "faiss" in found  # the probe sees what is imported
    assert found & {"lightning", "transformers", "wandb", "torchmetrics"} == set()


def test_describe_looks_at_a_table_without_what_models_need(place):
    """Of what is large, pandas alone."""
    (place / "my.csv").write_text("a,b\n" + "1,x\n2,y\n" * 30, encoding="utf8")
    code, found = modules(place, "describe", "my.csv")
    assert code == 0
    assert found & {*HEAVY, "sklearn", "scipy", "faiss"} == set()


def test_compare_leaves_the_heavy_ones_to_its_workers(place):
    """Also where it refuses: a typing mistake shouldn't cost seconds."""
    code, found = modules(place, "compare", "--models", "raw,pac")
    assert code == 2
    assert found & HEAVY == set()


@pytest.mark.parametrize("argv", [[], *([name] for name in COMMANDS)], ids=lambda argv: " ".join(argv) or "embedbench")
def test_help_fits_a_screen(argv):
    """40 lines of 100 columns."""
    command = [sys.executable, "-m", "embedbench", *argv, "--help"]
    env = {**ENV, "COLUMNS": "100"}
    text = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    if argv:
        assert f"\n  embedbench {argv[0]} " in text.partition("examples:")[2]
    else:
        assert all(name in text for name in COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("argv", [[], *([name] for name in COMMANDS)], ids=lambda argv: " ".join(argv) or "embedbench")
def test_help_answers_at_once(argv):
    """In less than 0.6 s of a processor's time, the best of five: of the clock's, other work takes its share."""
    command = [sys.executable, "-m", "embedbench", *argv, "--help"]
    seconds = []
    for _ in range(5):
        before = os.times()
        subprocess.run(command, env=ENV, capture_output=True, check=True, timeout=60)
        after = os.times()
        seconds.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(seconds) < 0.6
