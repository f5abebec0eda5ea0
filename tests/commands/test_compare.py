"""`embedbench compare`: the grid, what is skipped and redone, and that one bad trial doesn't cost the others."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FORMATS = {"md", "csv", "tex", "html", "json"}


@pytest.fixture(scope="module")
def done(tmp_path_factory, command, few):
    """A folder where raw and an auto-encoder were compared with two seeds, and how that ended."""
    folder = tmp_path_factory.mktemp("compare")
    line = ["compare", "--models", "raw,autoencoder", "--seeds", "2", "--workers", "2", *few]
    return folder, line, command(folder, *line)


def stamps(folder):
    return {path.parent.name: path.stat().st_mtime_ns for path in sorted(folder.glob("runs/*/result.json"))}


def results(folder):
    found = [json.loads(path.read_text(encoding="utf8")) for path in sorted(folder.glob("runs/*/result.json"))]
    return {(result["model"], result["seed"]): result for result in found}


def test_grid_is_run_and_ranked(done):
    folder, _, ended = done
    found = results(folder)
    assert ended.code == 0, ended.err
    assert sorted(found) == [("autoencoder", 0), ("autoencoder", 1), ("raw", 0), ("raw", 1)]
    assert {result["status"] for result in found.values()} == {"finished"}
    assert len({result["sweep"]["id"] for result in found.values()}) == 1
    assert {result["sweep"]["trial"] for result in found.values()} == {result["run_id"] for result in found.values()}
    assert "autoencoder" in ended.out
    assert {path.name for path in (folder / "runs").glob("leaderboard.*")} == {f"leaderboard.{end}" for end in FORMATS}


def test_leaderboard_files_hold_the_recorded_values(done):
    folder = done[0]
    with (folder / "runs" / "leaderboard.csv").open(encoding="utf8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    for (model, seed), result in results(folder).items():
        mine = {row["metric"]: float(row["value"]) for row in rows if (row["model"], row["seed"]) == (model, str(seed))}
        assert mine == pytest.approx(result["metrics"]["test"], abs=0)


def test_second_time_skips_what_is_finished(done, command):
    folder, line, _ = done
    before = stamps(folder)
    ended = command(folder, *line)
    assert (ended.code, stamps(folder)) == (0, before)
    assert "4 of 4 runs had finished before." in ended.err


def test_redoes_what_failed_is_missing_or_torn(done, command):
    folder, line, _ = done
    before = stamps(folder)
    failed, missing, torn, kept = sorted(before)
    text = (folder / "runs" / failed / "result.json").read_text(encoding="utf8")
    (folder / "runs" / failed / "result.json").write_text(text.replace('"finished"', '"failed"'), encoding="utf8")
    (folder / "runs" / missing / "result.json").unlink()
    (folder / "runs" / torn / "result.json").write_text(text[:100], encoding="utf8")
    ended = command(folder, *line)
    after = stamps(folder)
    assert ended.code == 0, ended.err
    assert "1 of 4 runs had finished before." in ended.err
    assert after[kept] == before[kept]
    assert all(after[name] > before[name] for name in (failed, missing, torn))
    assert {result["status"] for result in results(folder).values()} == {"finished"}


def test_trial_equals_the_run_of_the_same_request(done, command, few):
    folder = done[0]
    line = ["--trainer", "fast", "--model", "autoencoder", "--data", "digits", "--seed_everything", "1", *few]
    assert command(folder, "run", *line, "--runs", "alone").code == 0
    (path,) = folder.glob("alone/*/result.json")
    alone, trial = json.loads(path.read_text(encoding="utf8")), results(folder)["autoencoder", 1]
    for split in ("val", "test"):
        assert trial["metrics"][split] == pytest.approx(alone["metrics"][split], abs=1e-6)


def test_request_asked_twice_is_run_once(tmp_path, command, few):
    """A later --model overrules the grid's, so that its eight models become one."""
    ended = command(tmp_path, "compare", "--model", "raw", "--seeds", "1", *few)
    assert ended.code == 0, ended.err
    assert list(results(tmp_path)) == [("raw", 0)]


def test_table_of_the_users_own(tmp_path, command, blobs):
    more = ["--trainer.max_steps", "2", "--suite.metrics", "[probe]", "--suite.neighbors", "3"]
    line = ["compare", "--models", "raw", "--seeds", "1", "--data", "table", "--data.path", blobs, "--data.label", "y"]
    assert command(tmp_path, *line, *more).code == 0
    (first,) = stamps(tmp_path)
    text = blobs.read_text(encoding="utf8")
    blobs.write_text(text.replace("\n", "\n9,9,9,9,x\n", 1), encoding="utf8")
    assert command(tmp_path, *line, *more).code == 0
    assert len(stamps(tmp_path)) == 2
    assert first in stamps(tmp_path)


UNLABELLED = ("--data", "table", "--seeds", "1", "--trainer.max_steps", "2", "--suite.metrics", "[latent]")


def test_named_model_that_does_not_fit_is_refused_once_before_anything_starts(blobs, refused):
    said = refused("compare", "--models", "raw,supervised", *UNLABELLED, "--data.path", blobs)
    assert said.startswith("model `supervised` needs class labels")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--data.label specis", "unknown label column 'specis'"),
        ("--data.label y --model.latent_dimm 3", "latent_dimm"),
    ],
)
def test_what_no_model_could_use_is_refused_once(line, said, blobs, refused):
    assert said in refused("compare", "--data", "table", "--data.path", blobs, *line.split())


def test_models_that_fit_are_taken_and_the_data_are_described(tmp_path, command, blobs):
    ended = command(tmp_path, "compare", *UNLABELLED, "--data.path", blobs, "--data.drop", "[y]")
    found = results(tmp_path)
    assert ended.code == 0, ended.err
    assert {result["status"] for result in found.values()} == {"finished"}
    assert {"raw", "pca", "vae"} < {model for model, _ in found}
    assert not {"supervised", "supervised_contrastive", "label_oracle"} & {model for model, _ in found}
    lines = ended.err.splitlines()
    assert "embedbench: table: 120 rows (train 86, val 10, test 24) of 4 features; no labels" in lines
    (out,) = [line for line in lines if "left out: label_oracle, majority, supervised (needs class labels" in line]
    assert "1 seed: 9 runs by" in ended.err
    assert lines.index(out) < next(n for n, line in enumerate(lines) if "1 seed: " in line)


def test_failed_trial_is_recorded_and_the_others_finish(tmp_path, command, few):
    (tmp_path / "conf" / "model").mkdir(parents=True)
    recipe = "class_path: embedbench.paradigms.generative.vae.VAE\ninit_args:\n  lr: 1.0e+30\n"
    (tmp_path / "conf" / "model" / "vae.yaml").write_text(recipe, encoding="utf8")
    ended = command(tmp_path, "compare", "--models", "raw,vae", "--seeds", "1", *few)
    found = results(tmp_path)
    assert ended.code == 1
    assert found["raw", 0]["status"] == "finished"
    assert "the loss became NaN or infinite at step 1" in found["vae", 0]["error"]
    assert (tmp_path / "runs" / found["vae", 0]["run_id"] / "traceback.txt").is_file()
    assert "the loss became NaN or infinite at step 1" in ended.err


KILLED = '''
import os, signal, torch
from pathlib import Path
from embedbench.paradigms.baseline.raw import Raw
from embedbench.paradigms.base import Paradigm
from embedbench.types import DataSpec


class Killed(Paradigm):
    """Is killed from outside as it {when}, as by a machine without memory."""

    kind = "baseline"
    fitting = "none"

    def __init__(self, spec: DataSpec) -> None:
        super().__init__(spec, spec.features)
        if "{when}" == "is built":
            os.kill(os.getpid(), signal.SIGKILL)

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        return x
'''


@pytest.mark.parametrize("when", ["is built", "embeds"])
def test_killed_worker_costs_one_trial(when, tmp_path, command, few):
    name = "killed_" + when.replace(" ", "_")
    (tmp_path / f"{name}.py").write_text(KILLED.replace("{when}", when), encoding="utf8")
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / f"{name}.yaml").write_text(f"class_path: {name}.Killed\n", encoding="utf8")
    line = ["compare", "--models", f"{name},raw", "--seeds", "2", "--workers", "1", *few]
    ended = command(tmp_path, *line)
    found = results(tmp_path)
    assert ended.code == 1
    assert {key: result["status"] for key, result in found.items()} == {
        ("raw", 0): "finished",
        ("raw", 1): "finished",
        (name, 0): "failed",
        (name, 1): "failed",
    }
    error = found[name, 0]["error"]
    assert "the worker process died (exit code -9)" in error
    assert ("last words" in error) == (when == "embeds")


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


def alive(group):
    """Processes of a group that still run, zombies apart."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[2] == str(group) and fields[0] != "Z":
            found.append(path.parent.name)
    return found


SLOW = '''
import time, torch
from pathlib import Path
from embedbench.paradigms.classical.autoencoder import Autoencoder


class Slow(Autoencoder):
    """An auto-encoder that makes no headway while there is a file."""

    def training_step(self, batch, batch_idx):
        while Path("wait").exists() and not self.trainer.received_sigterm:
            time.sleep(0.05)
        return super().training_step(batch, batch_idx)
'''


def start(folder, *argv):
    """Starts the command line as the leader of a process group of its own, like a shell."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    words, pipe = [sys.executable, "-m", "embedbench", *argv], subprocess.PIPE
    return subprocess.Popen(words, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def interrupt(process):
    """Ctrl-C reaches every process of the group, as from a terminal."""
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "embedbench: interrupted; what had finished is kept." in err
    assert "Traceback" not in err
    wait_for(lambda: not alive(process.pid))


NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


@NEEDS_PROC
def test_interrupt_keeps_what_is_finished(tmp_path, command, few):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf8")
    (tmp_path / "wait").touch()
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "slow.yaml").write_text("class_path: slow.Slow\n", encoding="utf8")
    line = ["compare", "--models", "raw,slow", "--seeds", "2", "--workers", "2", *few]
    process = start(tmp_path, *line)
    wait_for(lambda: sorted(r["status"] for r in results(tmp_path).values()) == ["finished"] * 2 + ["running"] * 2)
    interrupt(process)
    before = results(tmp_path)
    assert {key: result["status"] == "finished" for key, result in before.items()} == {
        ("raw", 0): True, ("raw", 1): True, ("slow", 0): False, ("slow", 1): False,
    }  # fmt: skip
    board = command(tmp_path, "leaderboard")
    assert board.code == 0
    assert "raw" in board.out
    (tmp_path / "wait").unlink()
    ended = command(tmp_path, *line)
    after = results(tmp_path)
    assert ended.code == 0, ended.err
    assert "2 of 4 runs had finished before." in ended.err
    assert {result["status"] for result in after.values()} == {"finished"}
    assert all(after["raw", seed] == before["raw", seed] for seed in (0, 1))


@NEEDS_PROC
def test_interrupt_in_the_imports_is_quiet(tmp_path, few):
    process = start(tmp_path, "compare", "--models", "raw", "--seeds", "1", *few)
    wait_for(lambda: any("libtorch" in (Path("/proc") / pid / "maps").read_text() for pid in alive(process.pid)))
    interrupt(process)
    assert not list(tmp_path.glob("runs/*"))


def test_goal_says_what_is_measured_sorted_by_and_shown(tmp_path, command, few):
    line = ["compare", "--models", "raw", "--seeds", "1", "--goal", "clusters", *few[:-2]]
    ended = command(tmp_path, *line)
    assert ended.code == 0, ended.err
    assert "embedbench: goal clusters: whether rows fall into groups" in ended.err
    (result,) = results(tmp_path).values()
    assert {name.partition("/")[0] for name in result["metrics"]["test"]} == {"clustering", "separation"}
    assert "digits, test split, sorted by clustering/nmi" in ended.out


def test_unknown_goal_is_refused(refused):
    assert "did you mean 'clusters'" in refused("compare", "--models", "raw", "--goal", "cluster")


def test_folds_stand_beside_seeds_in_one_row(tmp_path, command, few):
    ended = command(tmp_path, "compare", "--models", "raw", "--seeds", "2", "--folds", "3", "--workers", "2", *few)
    assert ended.code == 0, ended.err
    found = [json.loads(path.read_text(encoding="utf8")) for path in tmp_path.glob("runs/*/result.json")]
    assert len(found) == 6
    assert len({result["dataset_fingerprint"] for result in found}) == 1
    table = json.loads((tmp_path / "runs" / "leaderboard.json").read_text(encoding="utf8"))
    (row,) = table["tables"][0]["rows"]
    assert (row["label"], row["n"]) == ("raw", 6)
    assert "n counts folds × seeds of 3 folds" in ended.out


def test_a_single_fold_is_refused(tmp_path, command):
    ended = command(tmp_path, "compare", "--folds", "1")
    assert (ended.code, ended.err) == (2, "embedbench: error: --folds must be in [2, 100000], got 1.\n")
