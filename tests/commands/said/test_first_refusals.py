"""What is mistyped at first contact is refused before what is heavy is imported, in little time, and once."""

import resource
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

HEAVY = {"torch", "lightning", "sklearn", "scipy", "faiss", "transformers", "pandas"}
MINE = "compare --data my.csv --data.label y "
CASES = {
    "file": ("compare --data my.cvs", "did you mean 'my.csv'?"),
    "label of CSV": ("compare --data my.csv --data.label yy", "unknown label column 'yy'; did you mean 'y'?"),
    "label of semicolons": ("compare --data semi.csv --data.label yy", "unknown label column 'yy'; did you mean 'y'?"),
    "label of Parquet": ("compare --data my.parquet --data.label yy", "unknown label column 'yy'; did you mean 'y'?"),
    "label of JSON Lines": ("compare --data my.jsonl --data.label yy", "unknown label column 'yy'; did you mean 'y'?"),
    "sheet": ("compare --data my.xlsx --data.label y", "my.xlsx is no table that can be read; save its sheet"),
    "column of a list": (MINE + "--data.drop [agee]", "unknown drop column 'agee'; did you mean 'age'?"),
    "key": ("compare --data my.csv --data.lable y", "unknown key '--data.lable'; did you mean '--data.label'?"),
    "models": (MINE + "--models raw,pcaa", "unknown model 'pcaa'; did you mean 'pca'?"),
    "metric": (MINE + "--suite.metrics [prob]", "unknown metric 'prob'; did you mean 'probe'?"),
    "trainer": (MINE + "--trainer.max_steps x", "--trainer.max_steps must be a whole number, got 'x'."),
    "goal": (MINE + "--goal clases", "unknown goal 'clases'; did you mean 'classes'?"),
    "run: label": ("run --model pca --data my.csv --data.label yy", "unknown label column 'yy'; did you mean 'y'?"),
    "run: model": ("run --model pcaa --data my.csv", "unknown model 'pcaa'; did you mean 'pca'?"),
    "run: value": ("run --model pca --data digits --model.latent_dim x", "--model.latent_dim must be a whole number"),
    "sweep": ("sweep my_sweep", "unknown sweep 'my_sweep'."),
    "describe": ("describe my.cvs", "did you mean 'my.csv'?"),
    "evaluate: file": ("evaluate x.npz", "there is no file 'x.npz'; did you mean 'z.npz'?"),
    "evaluate: metric": ("evaluate z.npz --metrics prob", "unknown metric 'prob'; did you mean 'probe'?"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table in several formats, and vectors."""
    folder = tmp_path_factory.mktemp("mine")
    table = pd.DataFrame({"age": np.arange(60), "city": ["Rome", "Oslo", "Bern"] * 20, "y": [0, 1] * 30, "one": "x"})
    table.to_csv(folder / "my.csv", index=False)
    table.to_csv(folder / "semi.csv", index=False, sep=";")
    table.to_parquet(folder / "my.parquet")
    table.to_json(folder / "my.jsonl", orient="records", lines=True)
    (folder / "my.xlsx").write_bytes(b"PK\x03\x04")
    np.savez(folder / "z.npz", z=np.eye(30), label=np.arange(30) % 2)
    return folder


def refused(folder, line):
    """The command's exit code and lines, the modules that it imported, and the seconds of a processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-X", "importtime", "-m", "embedbench", *shlex.split(line)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imports = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done, said, {name.partition(".")[0] for name in imports}, spent


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_once_before_anything_heavy_is_imported(case, place):
    line, sentence = CASES[case]
    done, said, imported, spent = refused(place, line)
    assert (done.returncode, done.stdout) == (2, "")
    assert len([line for line in said if line.startswith("embedbench: error: ")]) == 1
    assert said[-1].startswith("embedbench: error: ")
    assert sentence in said[-1]
    assert "embedbench" in imported  # so that imports are seen
    assert not HEAVY & imported
    assert spent < 2  # 0.2 to 0.6 on a machine at rest
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--model.latent_dim x", "--model.latent_dim must be a whole number of at least 1 or null, got 'x'."),
        ("--data.batch_size 0", "--data.batch_size must be a whole number of at least 1, got 0."),
        ("--data.label one", "the train rows hold one class only, 'x'; give rows of at least two, or no label."),
        ("--data.task regression --data.label city", "a regression label must be numbers, got 'Rome'; set task"),
        ("--by probe/accuracy", "unknown metric 'probe/accuracy'; did you mean"),
    ],
)
def test_values_that_are_known_once_the_data_are_looked_at_start_no_process(words, sentence, place):
    done, said, imported, spent = refused(place, MINE + words)
    assert done.returncode == 2
    assert sentence in said[-1]
    assert not (HEAVY - {"pandas"}) & imported
    assert spent < 3
