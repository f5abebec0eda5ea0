"""Each test of a file here is a case of a seed: ``tests/fuzz/test_tables.py::test_case[1-12]`` is case 12 of seed 1.

Another seed is tried by ``EMBEDBENCH_FUZZ_SEED=7 pytest tests/fuzz``, several by ``7,8``.
"""

import shutil

import numpy as np
import pytest
from fuzzing import Case, called, seeds

from embedbench.sweep.trial import Outcome

SHORT = ("--suite.metrics=[retrieval/recall@1]", "--suite.neighbors=3", "--keep_embeddings")


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        cases = [(seed, number) for seed in seeds() for number in range(metafunc.module.CASES)]
        metafunc.parametrize("case", cases, indirect=True, ids=[f"{seed}-{number}" for seed, number in cases])


@pytest.fixture(scope="session")
def valid(tmp_path_factory):
    """A folder of small valid inputs: files of rows, and finished runs on them."""
    folder = tmp_path_factory.mktemp("valid")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2
    rows = [f"{a:.4f},{b:.4f},{'uv'[k]},{'pq'[k]}" for (a, b, _), k in zip(x, y, strict=True)]
    (folder / "rows.csv").write_text("\n".join(["a,b,c,y", *rows]) + "\n", encoding="utf8")
    np.savez(folder / "rows.npz", x=x, y=y)
    np.savez(folder / "z.npz", z=x, label=y)
    table = ("--data=table", "--data.path=rows.csv", "--data.label=y", *SHORT)
    arrays = ("--data=arrays", "--data.path=rows.npz", *SHORT)
    for name, *words in (("table", "--model=pca", *table), ("arrays", "--model=raw", *arrays)):
        code, _, err = called(folder, ["run", *words, f"--run_id={name}"])
        assert code == 0, err
    return folder


@pytest.fixture
def case(request, tmp_path, valid, monkeypatch):
    """A case in a folder of its own, which holds the valid inputs."""
    # Trials of a sweep would run in other processes: to be asked for them is enough.
    monkeypatch.setattr(
        "embedbench.sweep.missing.run_trials",
        lambda trials, *_: [Outcome(trial.run_id, "refused", "not here") for trial in trials],
    )
    seed, number = request.param
    shutil.copytree(valid, tmp_path, dirs_exist_ok=True)
    return Case(f"{request.path.stem}[{seed}-{number}]", tmp_path)
