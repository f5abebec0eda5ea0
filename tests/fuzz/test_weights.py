"""Folders of runs from elsewhere: weights, what was learned of the data, and configurations that were altered."""

import json
import shutil

import numpy as np
import pytest
import yaml
from fuzzing import damaged, odd_tree
from safetensors import safe_open
from safetensors.numpy import save

from embedbench.results.digests import digests

pytestmark = pytest.mark.slow

CASES = 80
FILES = ("checkpoints/model.safetensors", "preprocessing.safetensors", "embeddings/test.safetensors")


def altered(rng, path):
    """A file of arrays with other arrays or another description, or damaged."""
    if rng.random() < 0.25:
        return damaged(rng, path.read_bytes())
    with safe_open(path, framework="numpy") as file:
        told, arrays = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    how = rng.randrange(5)
    if how <= 2:
        key = next((key for key in ("spec", "preprocessing") if key in told), None)
        if key is None or (how == 0 and rng.random() < 0.3):
            told = rng.choice([None, {}, {"spec": ""}, {"spec": "[" * 3000}, {"spec": "[]"}, {"preprocessing": "{}"}])
        else:
            told[key] = json.dumps(odd_tree(rng, json.loads(told[key])), default=str, skipkeys=True)
    elif how == 3 and arrays:
        name = rng.choice(list(arrays))
        array = arrays[name]
        arrays[name] = rng.choice(
            [
                *(
                    np.full_like(array, value)
                    for value in ((np.nan, np.inf, 1e30) if array.dtype.kind == "f" else (0, 1))
                ),
                *(
                    array.ravel(),
                    array[None],
                    array.astype(np.float16),
                    array.astype(np.int64),
                    array[..., :0],
                    array > 0,
                ),
                *(np.zeros((3, 3), np.float32), np.zeros(()), np.zeros(0)),
            ]
        )
    elif arrays:
        arrays[rng.choice(["", "odd", "x" * 300])] = arrays.pop(rng.choice(list(arrays)))
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(arrays, told)


def test_case(case):
    rng = case.rng
    name = rng.choice(["table", "arrays"])
    run = case.folder / "runs" / name
    if rng.random() < 0.6:
        path = run / rng.choice([*FILES[:2], *FILES])
        path.write_bytes(altered(rng, path))
    else:
        config = odd_tree(rng, yaml.safe_load((run / "config.yaml").read_text(encoding="utf8")))
        text = yaml.safe_dump(config, sort_keys=False).encode()
        (run / "config.yaml").write_bytes(damaged(rng, text) if rng.random() < 0.2 else text)
    record = json.loads((run / "result.json").read_text(encoding="utf8"))
    bound = rng.choice(["again", "again", "nothing", "gone"])
    if bound == "gone":
        (run / "result.json").unlink()
    else:
        record["digests"] = digests(run, FILES[:2]) if bound == "again" else {}
        (run / "result.json").write_text(json.dumps(record), encoding="utf8")
    if rng.random() < 0.1:
        gone = run / rng.choice(["checkpoints", "config.yaml", "preprocessing.safetensors", "embeddings"])
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    rows = {"table": "rows.csv", "arrays": "rows.npz"}[name]
    data = (
        ("--data=table", "--data.path=rows.csv", "--data.label=y")
        if name == "table"
        else ("--data=arrays", f"--data.path={rows}")
    )
    other = {"table": "arrays", "arrays": "table"}[name]
    short = (
        "--suite.neighbors=3",
        "--suite.metrics=[retrieval]",
        f"--run_id={rng.choice([other, other, other, 'new'])}",
    )
    case.meets(
        *rng.choice(
            [
                ("embed", run.relative_to(case.folder), "--output=z2.npz"),
                ("embed", run.relative_to(case.folder), rows, "--output=z2.csv"),
                ("embed", f"runs/{name}", "--split=all", "--output=z2.parquet"),
                ("evaluate", f"--run=runs/{name}"),
                ("evaluate", f"--run=runs/{name}", "--metrics=retrieval/recall@5"),
                ("sample", f"runs/{name}", "--output=pictures"),
                ("run", "--model=kmeans", "--model.clusters=2", f"--model.on=runs/{name}", *data, *short),
                (
                    "run",
                    "--model=relational_distillation",
                    f"--model.teacher=runs/{name}",
                    *data,
                    *short,
                    "--trainer.max_steps=1",
                ),
            ]
        )
    )
