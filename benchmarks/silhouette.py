"""Silhouettes of Fashion-MNIST's classes, here, by scikit-learn and by scib-metrics.

Fashion-MNIST as 128 principal components, float32: 10,000 rows are the test rows, more are those that stand before
them. Each side gives the silhouette of every row. All get the same rows and the same number of threads (JAX, on which
scib-metrics runs, takes the cores that it finds). Each call is timed in a process of its own, which has its rows and
its imports before the clock starts, JAX its compiled program too; the sides take turns, and in going first. Memory: the
most that the process held in the call beyond what it held before it.

Bounds: samples within 1e-5 of scikit-learn's and scib-metrics' in every round; by the median over rounds, on the clock,
at least 4 times as fast as scikit-learn and, up to 10,000 rows, 5 times as scib-metrics; at most 192 MB of memory.

    python benchmarks/silhouette.py [--rows 10000,70000] [--rounds 3] [--threads 2] [--output FILE]

Beyond 10,000 rows there is one round, without scib-metrics. Scikit-learn takes two minutes for 70,000.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import side_by_side

SAME, SPEED, SPEED_OF_SCIB, MEMORY, ALL_SIDES_TO = 1e-5, 4.0, 5.0, 192, 10_000


def ours(z, label):
    from embedbench.neighbors.silhouettes import silhouettes

    return silhouettes(z, [label])[0]


def scikit_learn(z, label):
    from sklearn.metrics import silhouette_samples

    return silhouette_samples(z, label)


def scib_metrics(z, label):
    from scib_metrics.utils import silhouette_samples

    return np.asarray(silhouette_samples(z, label))


SIDES = {"ours": ours, "scikit_learn": scikit_learn, "scib_metrics": scib_metrics}


def child(side, folder, rows):
    """Measures one call, keeps its samples and prints what it took."""
    folder = Path(folder)
    z, label = (np.array(np.load(folder / f"{name}.npy", mmap_mode="r")[-rows:]) for name in ("z", "label"))
    warm = rows if side == "scib_metrics" else 1000  # JAX compiles for one number of rows
    SIDES[side](z[:warm], label[:warm])
    found = side_by_side.measured(lambda: SIDES[side](z, label))
    np.save(folder / f"{side}.npy", found.pop("scores"))
    print(json.dumps(found))


def against(folder, rows, rounds, threads):
    names = [side for side in SIDES if side != "scib_metrics" or rows <= ALL_SIDES_TO]
    found = []
    for number in range(rounds if rows <= ALL_SIDES_TO else 1):
        taken = {
            side: side_by_side.apart(__file__, threads, side, folder, rows)
            for side in side_by_side.turns(names, number)
        }
        print(f"{rows} rows, round {number}: {json.dumps(taken)}", flush=True)
        samples = {side: np.load(folder / f"{side}.npy") for side in names}
        one = {"extra_mb": taken["ours"]["extra_mb"], "seconds": taken["ours"]["seconds"]}
        for peer in names[1:]:
            difference = float(np.abs(samples["ours"] - samples[peer]).max())
            if difference > SAME:
                raise SystemExit(f"samples of {rows} rows differ from those of {peer} by {difference:.1e}.")
            said = {**side_by_side.ratios(taken, "ours", peer), "difference": difference}
            said["peer_extra_mb"] = taken[peer]["extra_mb"]
            one |= {f"{peer}_{name}": value for name, value in said.items()}
        found.append(one)
    return side_by_side.spread(found)


def broken(found):
    """Bounds that don't hold."""
    bad = []
    for rows, one in found.items():
        bounds = {
            "time of scikit-learn": one["scikit_learn_time_ratio"]["median"] >= SPEED,
            "time of scib-metrics": one.get("scib_metrics_time_ratio", {"median": SPEED_OF_SCIB})["median"]
            >= SPEED_OF_SCIB,
            "memory": one["extra_mb"]["median"] <= MEMORY,
        }
        bad += [f"{rows} rows: {name}" for name, holds in bounds.items() if not holds]
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rows="500", rounds=1, threads=1)
    if args.child:
        child(args.child[0], args.child[1], int(args.child[2]))
        return
    report = side_by_side.setting(args.threads, "scikit-learn", "scib-metrics")
    report["bounds"] = {
        "same": SAME,
        "time_of_scikit_learn": SPEED,
        "time_of_scib_metrics": SPEED_OF_SCIB,
        "extra_mb": MEMORY,
    }
    with tempfile.TemporaryDirectory() as name:
        side_by_side.write_fashion_mnist(Path(name), args.tiny)
        report["rows"] = {
            rows: against(Path(name), int(rows), args.rounds, args.threads) for rows in args.rows.split(",")
        }
    side_by_side.finish({**report, "broken": broken(report["rows"])}, args)


if __name__ == "__main__":
    main()
