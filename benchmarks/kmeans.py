"""K-means by scikit-learn, as the suite calls it, and by faiss at equal time: whose inertia is lower?

Fashion-MNIST's 60,000 train rows as 128 principal components and all 1,797 digits as 64 pixels, float32, 10 clusters.
At the suite's time: its call (10 starts by greedy k-means++, each to its end by Elkan's algorithm), then faiss start by
start, as models call it (k-means++ and 25 of Lloyd's iterations), for as long as that took. At faiss' time:
its 10 starts in one call, then scikit-learn start by start, by Elkan's algorithm as in the suite and by Lloyd's. A
start counts if it ends in time, the first in any case, and the best start by inertia is kept. Inertia is computed off
the clock, in float64, by one function for all, from the centroids. Each seed has a process of its own, with its rows
and imports before the clock starts; every other seed takes the times, and the algorithms, in the other order.

An inertia is lower if it is so by more than 1e-4 of the suite's, on a seed or in the mean over seeds. Bound: faiss'
isn't lower in the mean on Fashion-MNIST, at the time of either call.

    python benchmarks/kmeans.py [--rows 60000] [--seeds 10] [--threads 2] [--output FILE]
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import side_by_side

CLUSTERS, STARTS, ALIKE = 10, 10, 1e-4
SETS = {"fashion_mnist": "z", "digits": "digits"}


def write_digits(folder):
    from sklearn.datasets import load_digits

    np.save(folder / "digits.npy", load_digits().data.astype(np.float32))


def by_suite(points, restarts, seed):
    from embedbench.neighbors import k_means

    return k_means.kmeans(points, CLUSTERS, restarts, seed)


def by_lloyd(points, starts, seed):
    from sklearn.cluster import KMeans

    return KMeans(CLUSTERS, n_init=starts, random_state=seed).fit(points).cluster_centers_


def by_faiss(points, starts, seed):
    from embedbench.neighbors import k_means

    return k_means.find_clusters(points, CLUSTERS, starts, seed).centroids


def inertia(points, centroids):
    """Sum of squared distances of the rows from their nearest centroids, in float64."""
    rows, centres = points.astype(float), np.asarray(centroids, float)
    square = (rows**2).sum(axis=1)[:, None] - 2 * rows @ centres.T + (centres**2).sum(axis=1)
    return float(square.min(axis=1).sum())


def once(points, side, starts, seed):
    """One call of so many starts."""
    begin = time.perf_counter()
    centroids = side(points, starts, seed)
    return {"seconds": time.perf_counter() - begin, "starts": starts, "inertia": inertia(points, centroids)}


def within(seconds, points, side, seed):
    """Calls of one start each, with seeds of their own: the first, and as many more as end within the time."""
    found, spent, begin = [], 0.0, time.perf_counter()
    while spent < seconds:
        centroids = side(points, 1, 10_000 * (seed + 1) + len(found))
        clock = time.perf_counter() - begin
        if found and clock > seconds:
            break
        found.append(centroids)
        spent = clock
    return {"seconds": spent, "starts": len(found), "inertia": min(inertia(points, one) for one in found)}


def at_time_of_suite(points, seed):
    ours = once(points, by_suite, STARTS, seed)
    return {"suite": ours, "faiss": within(ours["seconds"], points, by_faiss, seed)}


def at_time_of_faiss(points, seed):
    found = {"faiss": once(points, by_faiss, STARTS, seed)}
    for name, side in side_by_side.turns([("suite", by_suite), ("lloyd", by_lloyd)], seed):
        found[name] = within(found["faiss"]["seconds"], points, side, seed)
    return found


TIMES = {"at_time_of_suite": at_time_of_suite, "at_time_of_faiss": at_time_of_faiss}


def child(folder, name, rows, seed):
    """Measures what one seed gives and prints it."""
    points = np.array(np.load(Path(folder) / f"{SETS[name]}.npy", mmap_mode="r")[:rows])
    for measure in TIMES.values():
        measure(points[:500], seed)
    print(json.dumps({name: TIMES[name](points, seed) for name in side_by_side.turns(TIMES, seed)}))


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def lower(above, side):
    """Whose inertia is lower, by how much a side's is above the suite's, in parts of that."""
    return "suite" if above > ALIKE else side if above < -ALIKE else "neither"


def beside_suite(found, side):
    """By how much a side's inertia is above the suite's by seed, whose is lower on how many seeds, and in the mean."""
    above = [one[side]["inertia"] / one["suite"]["inertia"] - 1 for one in found]
    mean, error = statistics.fmean(above), statistics.stdev(above) / len(above) ** 0.5 if len(above) > 1 else None
    return {
        "above_by_seed": above,
        "above": {**spread(above), "mean": mean, "standard_error": error},
        "seeds": Counter(lower(one, side) for one in above),
        "lower": lower(mean, side),
    }


def compared(found):
    """Of each side its spread over seeds, and each of the others beside the suite."""
    report = {
        side: {measure: spread([one[side][measure] for one in found]) for measure in ("seconds", "starts", "inertia")}
        for side in sorted(found[0])
    }
    return report | {f"{side}_beside_suite": beside_suite(found, side) for side in sorted(found[0].keys() - {"suite"})}


def against(folder, name, rows, seeds, threads):
    found = []
    for seed in range(seeds):
        found.append(side_by_side.apart(__file__, threads, folder, name, rows, seed))
        print(f"{name}, seed {seed}: {json.dumps(found[-1])}", flush=True)
    return {measure: compared([one[measure] for one in found]) for measure in TIMES}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000, help="of Fashion-MNIST")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rows=1200, seeds=1, threads=1)
    if args.child:
        child(*args.child[:2], *map(int, args.child[2:]))
        return
    report = side_by_side.setting(args.threads, "faiss-cpu", "scikit-learn")
    report |= {"rows": args.rows, "seeds": args.seeds, "clusters": CLUSTERS, "alike": ALIKE}
    with tempfile.TemporaryDirectory() as name:
        side_by_side.write_fashion_mnist(Path(name), args.tiny)
        write_digits(Path(name))
        report |= {one: against(Path(name), one, args.rows, args.seeds, args.threads) for one in SETS}
    lower = {name: report["fashion_mnist"][name]["faiss_beside_suite"]["lower"] for name in TIMES}
    broken = [name for name, side in lower.items() if side == "faiss"]
    side_by_side.finish({**report, "broken": broken}, args)


if __name__ == "__main__":
    main()
