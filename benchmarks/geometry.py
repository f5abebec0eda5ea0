"""Trustworthiness and continuity of Fashion-MNIST's pixels against 8 principal components, here and by scikit-learn.

Ours gives all geometry figures of the suite from one pass: trustworthiness, continuity and neighbour overlap for k = 5,
10 and 50, correlations of all distances, stress, triplets and local density, looked at from every row. Scikit-learn's
side is its `trustworthiness` called twice, the second time with the spaces swapped, for k = 10. Both get the same
float32 rows and the same number of threads. Each call is timed in a process of its own, which has its rows and its
imports before the clock starts; the sides take turns, and in going first. Memory: the most that the process held in the
call beyond what it held before it.

Bounds: both figures within 1e-6 of scikit-learn's in every round; at 10,000 rows and more at least 5 times as fast (the
median over rounds, on the clock) with at most a tenth of the memory, and the first call of the two alone takes at least
3 times as long as ours. `--alone N` also times ours on N rows (all there are: 70,000), in at most 300 seconds and a
gigabyte, its rows among it.

    python benchmarks/geometry.py [--rows 5000,10000,20000] [--rounds 3] [--threads 2] [--alone 70000] [--output FILE]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

K, DIM, PAIRS = 10, 8, 1_000_000
SAME, SPEED, SPEED_OF_ONE, MEMORY, BOUND_FROM = 1e-6, 5.0, 3.0, 0.1, 10_000
ALONE_SECONDS, ALONE_MB = 300, 1000


def ours(x, z):
    from embedbench.evaluation.metrics.geometry.distances import Dense
    from embedbench.evaluation.metrics.geometry.geometry import figures
    from embedbench.evaluation.metrics.geometry.grid import PairGrid
    from embedbench.evaluation.metrics.geometry.pairwise_pass import compare

    rows = len(x)
    order = np.random.default_rng(0).permutation(rows)
    inputs, latents = Dense(x, order), Dense(z, order)
    partners = min(rows // 2, PAIRS // rows)
    grid = PairGrid(inputs, latents) if partners < rows // 2 else None
    return figures(compare(inputs, latents, 50, partners, rows, grid), grid)


def scikit_learn(x, z):
    from sklearn.manifold import trustworthiness

    started = time.perf_counter()
    first = trustworthiness(x, z, n_neighbors=K)
    seconds = time.perf_counter() - started
    return {
        "trustworthiness": first,
        "continuity": trustworthiness(z, x, n_neighbors=K),
        "seconds_of_the_first": seconds,
    }


SIDES = {"ours": ours, "scikit_learn": scikit_learn}


def held(what):
    """Memory of this process in MB: what it holds ("VmRSS"), or the most that it has held ("VmHWM"); Linux alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def child(side, folder, rows):
    """Measures one call and prints what came of it."""
    x, z = (np.array(np.load(Path(folder) / f"{name}.npy", mmap_mode="r")[:rows]) for name in "xz")
    few = np.random.default_rng(0).normal(size=(120, 8)).astype(np.float32)
    SIDES[side](few, few)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the most held so far
    before = held("VmRSS")
    clocks = time.perf_counter(), time.process_time()
    scores = SIDES[side](x, z)
    spent = {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}
    print(json.dumps({**spent, "extra_mb": held("VmHWM") - before, "all_mb": held("VmHWM"), "scores": scores}))


def call(side, folder, rows, threads):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    argv = [sys.executable, __file__, "--child", side, str(folder), str(rows)]
    done = subprocess.run(
        argv, env={**os.environ, **dict.fromkeys(names, str(threads))}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{side} failed on {rows} rows:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def write_rows(folder):
    """All 70,000 images in a random order, and their components by all of them."""
    from sklearn.decomposition import PCA

    from embedbench.data.images.fashion_mnist import FashionMNIST

    data = FashionMNIST()
    x = np.concatenate([data.tensors(split)[0].flatten(1).numpy() for split in ("train", "val", "test")])
    x = x[np.random.default_rng(0).permutation(len(x))]
    np.save(folder / "x.npy", x)
    np.save(folder / "z.npy", PCA(DIM, random_state=0).fit_transform(x).astype(np.float32))


def against(folder, rows, rounds, threads):
    found = []
    for number in range(rounds):
        sides = list(SIDES) if number % 2 == 0 else list(SIDES)[::-1]
        one = {side: call(side, folder, rows, threads) for side in sides}
        mine, theirs = one["ours"], one["scikit_learn"]
        for name in ("trustworthiness", "continuity"):
            apart = abs(mine["scores"][name] - theirs["scores"][name])
            if apart > SAME:
                raise SystemExit(f"{name} of {rows} rows differs from scikit-learn's by {apart:.1e}.")
        one["time_ratio"] = theirs["seconds"] / mine["seconds"]
        one["cpu_ratio"] = theirs["cpu_seconds"] / mine["cpu_seconds"]
        one["time_ratio_to_the_first"] = theirs["scores"].pop("seconds_of_the_first") / mine["seconds"]
        one["memory_ratio"] = mine["extra_mb"] / theirs["extra_mb"]
        print(f"{rows} rows, round {number}: {json.dumps(one)}", flush=True)
        found.append(one)
    names = ("time_ratio", "cpu_ratio", "time_ratio_to_the_first", "memory_ratio")
    spread = {name: sorted(one[name] for one in found) for name in names}
    medians = {f"{name}_median": statistics.median(values) for name, values in spread.items()}
    return {**medians, **{f"{name}_rounds": values for name, values in spread.items()}, "rounds": found}


def broken(report):
    """Bounds that don't hold."""
    bad = []
    for rows, found in report["against_scikit_learn"].items():
        if int(rows) >= BOUND_FROM:
            bounds = {
                "time": found["time_ratio_median"] >= SPEED,
                "time of trustworthiness": found["time_ratio_to_the_first_median"] >= SPEED_OF_ONE,
                "memory": found["memory_ratio_median"] <= MEMORY,
            }
            bad += [f"{rows} rows: {name}" for name, holds in bounds.items() if not holds]
    alone = report.get("alone")
    if alone and (alone["seconds"] > ALONE_SECONDS or alone["all_mb"] > ALONE_MB):
        bad.append("alone")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="5000,10000,20000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--alone", type=int)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child[0], args.child[1], int(args.child[2]))
        return
    import sklearn

    report = {
        "numpy": np.__version__,
        "scikit_learn": sklearn.__version__,
        "cores": os.cpu_count(),
        "threads": args.threads,
        "load_at_start": os.getloadavg()[0],
        "bounds": {"same": SAME, "time": SPEED, "time_of_the_first": SPEED_OF_ONE, "memory": MEMORY},
        "against_scikit_learn": {},
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder)
        for rows in map(int, args.rows.split(",")):
            report["against_scikit_learn"][str(rows)] = against(folder, rows, args.rounds, args.threads)
        if args.alone:
            report["alone"] = {"rows": args.alone, **call("ours", folder, args.alone, args.threads)}
    report |= {"load_at_end": os.getloadavg()[0], "broken": broken(report)}
    print(json.dumps(report, indent=2))
    if args.output:
        args.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf8")
    raise SystemExit(bool(report["broken"]))


if __name__ == "__main__":
    main()
