"""One, two and three gloo processes through the real command: the same solution, the same scores, one writer."""

import json
import os
import subprocess
import sys

import pytest
from safetensors.torch import load_file

pytestmark = pytest.mark.slow

# 271 train rows, 30 of validation and 61 of test: train and test are divided by neither 2 nor 3.
DATA = ["--data.train_rows", "301", "--data.test_rows", "61", "--suite.metrics", "[probe,retrieval,latent]"]


def ddp(processes):
    if processes == 1:
        return ["--trainer.accelerator", "cpu", "--trainer.devices", "1"]
    return ["--trainer.accelerator", "cpu", "--trainer.devices", str(processes), "--trainer.strategy", "ddp"]


def command(folder, *arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    words = [sys.executable, "-m", "embedbench", *arguments]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def run(folder, name, model, processes, *arguments):
    few = ["--trainer.max_steps", "6"]
    command(
        folder, "run", "--model", model, "--data", "digits", "--run_id", name, *few, *DATA, *ddp(processes), *arguments
    )
    return json.loads((folder / "runs" / name / "result.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of one process each: a closed form and a learned model."""
    folder = tmp_path_factory.mktemp("processes")
    for model in ("pca", "autoencoder"):
        run(folder, model, model, 1)
    return folder


@pytest.mark.parametrize("processes", [2, 3])
def test_pca_is_the_same_for_any_number_of_processes(folder, processes):
    result = run(folder, f"pca-{processes}", "pca", processes)
    assert result["status"] == "finished"
    assert result["resources"]["world_size"] == processes
    one, many = (
        load_file(folder / "runs" / name / "checkpoints" / "model.safetensors") for name in ("pca", f"pca-{processes}")
    )
    for key, value in one.items():
        assert float((value - many[key]).abs().max()) < 1e-6, key


@pytest.mark.parametrize("model", ["pca", "autoencoder"])
@pytest.mark.parametrize("processes", [2, 3])
def test_evaluation_of_one_checkpoint_is_the_same(folder, model, processes):
    recorded = json.loads((folder / "runs" / model / "result.json").read_text(encoding="utf8"))["metrics"]
    output = f"{model}-{processes}.json"
    command(folder, "evaluate", "--run", f"runs/{model}", "--output", output, *ddp(processes))
    again = json.loads((folder / output).read_text(encoding="utf8"))
    for split, metrics in recorded.items():
        assert again[split] == pytest.approx(metrics, abs=1e-6)


@pytest.mark.parametrize("model", ["raw", "label_oracle", "supervised", "supervised_contrastive", "vae"])
def test_every_other_paradigm_runs_with_two_processes(folder, model):
    result = run(folder, f"{model}-2", model, 2)
    assert result["status"] == "finished"
    assert result["resources"]["world_size"] == 2
    assert set(result["metrics"]) == {"val", "test"}


def test_a_loss_that_breaks_stops_all_processes(folder):
    words = [
        "run",
        "--model",
        "autoencoder",
        "--data",
        "digits",
        "--run_id",
        "broken",
        "--model.lr",
        "1e30",
        *DATA,
        *ddp(2),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "WANDB_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-m", "embedbench", *words, "--trainer.max_steps", "60"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "NaN or infinite at step" in done.stderr
    assert json.loads((folder / "runs/broken/result.json").read_text(encoding="utf8"))["status"] == "failed"
