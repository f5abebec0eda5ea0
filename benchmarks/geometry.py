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
import tempfile
import time
from pathlib import Path

import numpy as np
import side_by_side

K, DIM, PAIRS = 10, 8, 1_000_000
PAGE = 4 / 1024  # MB: no memory is counted in less
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


def child(side, folder, rows):
    """Measures one call and prints what came of it."""
    x, z = (np.array(np.load(Path(folder) / f"{name}.npy", mmap_mode="r")[:rows]) for name in "xz")
    few = np.random.default_rng(0).normal(size=(120, 8)).astype(np.float32)
    SIDES[side](few, few)
    print(json.dumps(side_by_side.measured(lambda: SIDES[side](x, z))))


def write_rows(folder, tiny):
    """All 70,000 images in a random order, and their components by all of them."""
    from sklearn.decomposition import PCA

    data = side_by_side.fashion_mnist(tiny)
    x = np.concatenate([data.tensors(split)[0].flatten(1).numpy() for split in ("train", "val", "test")])
    x = x[np.random.default_rng(0).permutation(len(x))]
    np.save(folder / "x.npy", x)
    np.save(folder / "z.npy", PCA(DIM, random_state=0).fit_transform(x).astype(np.float32))


def against(folder, rows, rounds, threads):
    found = []
    for number in range(rounds):
        sides = side_by_side.turns(SIDES, number)
        one = {side: side_by_side.apart(__file__, threads, side, folder, rows) for side in sides}
        mine, theirs = one["ours"], one["scikit_learn"]
        for name in ("trustworthiness", "continuity"):
            apart = abs(mine["scores"][name] - theirs["scores"][name])
            if apart > SAME:
                raise SystemExit(f"{name} of {rows} rows differs from scikit-learn's by {apart:.1e}.")
        one["time_ratio"] = theirs["seconds"] / mine["seconds"]
        one["cpu_ratio"] = theirs["cpu_seconds"] / mine["cpu_seconds"]
        one["time_ratio_to_the_first"] = theirs["scores"].pop("seconds_of_the_first") / mine["seconds"]
        one["memory_ratio"] = mine["extra_mb"] / max(theirs["extra_mb"], PAGE)
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
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rows="600", rounds=1, threads=1, alone=700)
    if args.child:
        child(args.child[0], args.child[1], int(args.child[2]))
        return
    report = {
        **side_by_side.setting(args.threads, "scikit-learn"),
        "bounds": {"same": SAME, "time": SPEED, "time_of_the_first": SPEED_OF_ONE, "memory": MEMORY},
        "against_scikit_learn": {},
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder, args.tiny)
        for rows in map(int, args.rows.split(",")):
            report["against_scikit_learn"][str(rows)] = against(folder, rows, args.rounds, args.threads)
        if args.alone:
            report["alone"] = {
                "rows": args.alone,
                **side_by_side.apart(__file__, args.threads, "ours", folder, args.alone),
            }
    side_by_side.finish({**report, "broken": broken(report)}, args)


if __name__ == "__main__":
    main()
