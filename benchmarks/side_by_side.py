"""What the benchmarks share: the rows, calls measured in processes of their own, rounds and their spread."""

import json
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def write_rows(folder):
    """Fashion-MNIST as 128 principal components of its train rows, float32: those 60,000 rows, then the test rows."""
    from sklearn.decomposition import PCA

    from embedbench.data.images.fashion_mnist import FashionMNIST

    data = FashionMNIST()
    parts = [data.tensors(split)[:2] for split in ("train", "val", "test")]
    x = np.concatenate([one.flatten(1).numpy() for one, _ in parts])
    np.save(folder / "z.npy", PCA(128, random_state=0).fit(x[:60_000]).transform(x).astype(np.float32))
    np.save(folder / "label.npy", np.concatenate([label.numpy() for _, label in parts]).astype(np.int64))


def held(what):
    """Memory of this process in MB: what it holds ("VmRSS"), or the most that it has held ("VmHWM"); Linux alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def measured(call):
    """What a call takes, and gives as ``scores``."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the most held so far
    before = held("VmRSS")
    clocks = time.perf_counter(), time.process_time()
    scores = call()
    spent = {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}
    return {**spent, "extra_mb": held("VmHWM") - before, "all_mb": held("VmHWM"), "scores": scores}


def apart(script, threads, *child):
    """What a script prints last when it is run as ``--child`` in a process with so many threads."""
    argv = [sys.executable, script, "--child", *map(str, child)]
    env = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
    done = subprocess.run(argv, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, child))} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def turns(sides, number):
    """The sides in their order, in every other round from the last to the first."""
    return list(sides) if number % 2 == 0 else list(sides)[::-1]


def ratios(one, ours, peer):
    """Of the peer's measures to ours in one round."""
    names = {"time_ratio": "seconds", "cpu_ratio": "cpu_seconds"}
    return {ratio: one[peer][name] / one[ours][name] for ratio, name in names.items()}


def spread(found):
    """Median and all values, sorted, of figures that each round has."""
    return {
        name: {"median": statistics.median(one[name] for one in found), "rounds": sorted(one[name] for one in found)}
        for name in found[0]
    }


def setting(threads, *packages):
    """What a report begins with."""
    return {
        **{package: version(package) for package in ("numpy", *packages)},
        "cores": os.cpu_count(),
        "threads": threads,
        "load_at_start": os.getloadavg()[0],
    }


def finish(report, output):
    """Prints a report, writes it where wanted, and ends with 1 if a bound in ``broken`` doesn't hold."""
    text = json.dumps({**report, "load_at_end": os.getloadavg()[0]}, indent=2)
    print(text)
    if output:
        output.write_text(text + "\n", encoding="utf8")
    raise SystemExit(bool(report["broken"]))
