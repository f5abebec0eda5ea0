"""Every rank divides the rows alike, each in a process of its own that hashes texts in its own way."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WAYS = {
    "rows": {},
    "groups": {"split_by": "patient"},
    "times": {"split_after": "day"},
    "classes": {"disjoint_classes": True},
    "folds": {"folds": 3, "fold": 2},
    "folds of groups": {"folds": 3, "fold": 3, "split_by": "patient"},
}
RANK = """
import json, sys
import torch.distributed as dist
from embedbench.data.tables.table import Table
dist.init_process_group("gloo")
path, ways = sys.argv[1], json.loads(sys.argv[2])
found = {}
for name, way in ways.items():
    for seed in (0, 1):
        data = Table(path, label="kind", drop=["day"], split_seed=seed, **way)
        found[f"{name} {seed}"] = [data.split_table().to_csv(), data.fingerprint]
every = [None] * dist.get_world_size()
dist.all_gather_object(every, found)
if dist.get_rank() == 0:
    print(json.dumps(every))
"""


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What two ranks found, by way and seed."""
    folder, rng = tmp_path_factory.mktemp("ranks"), np.random.default_rng(0)
    patient = rng.permutation(np.repeat(np.arange(25), 6))
    days = pd.date_range("2024-01-01", periods=50).strftime("%Y-%m-%d").to_numpy()
    frame = pd.DataFrame(
        {"patient": [f"p{n}" for n in patient], "day": rng.choice(days, 150), "a": rng.normal(size=150)}
    )
    frame.assign(kind=np.array(list("abcde"))[patient % 5]).to_csv(folder / "visits.csv", index=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = {**os.environ, "PYTHONPATH": str(ROOT), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    command = [sys.executable, "-c", RANK, str(folder / "visits.csv"), json.dumps(WAYS)]
    processes = [
        subprocess.Popen(
            command, env={**shared, "RANK": str(rank), "PYTHONHASHSEED": str(rank)}, stdout=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    return json.loads(outputs[0])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [0, 1])
def test_ranks_divide_alike(ranks, way, seed):
    one, other = (found[f"{way} {seed}"] for found in ranks)
    assert one == other


@pytest.mark.parametrize("way", [way for way in WAYS if way != "times"])
def test_seeds_divide_differently(ranks, way):
    assert ranks[0][f"{way} 0"] != ranks[0][f"{way} 1"]
