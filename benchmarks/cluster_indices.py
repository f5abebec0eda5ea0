"""Indices that judge clusters, here and by scikit-learn's calls one by one.

Fashion-MNIST's 70,000 labels against ten clusters of k-means on 128 principal components. One side gives NMI, ARI, AMI,
V-measure and accuracy (with homogeneity and completeness, from one table of counts), the other the Calinski-Harabasz
and the Davies-Bouldin index of the clusters. Scikit-learn has a call for each of them, and the table for scipy's
matching. All in one process, calls timed in turns, and in going first.

Bounds: the five equal to 1e-9 and, by the median over rounds, at least 2.5 times as fast; the two equal to 1e-6
relative.

    python benchmarks/cluster_indices.py [--rows 70000] [--rounds 15] [--threads 2] [--output FILE]
"""

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import side_by_side

SAME, SAME_SPREAD, SPEED = 1e-9, 1e-6, 2.5


def our_indices(z, label, cluster):
    from embedbench.evaluation.metrics.clustering.contingency import Contingency

    return Contingency.of(label, cluster).indices()


def their_indices(z, label, cluster):
    from scipy.optimize import linear_sum_assignment
    from sklearn import metrics
    from sklearn.metrics.cluster import contingency_matrix

    table = contingency_matrix(label, cluster)
    return {
        "nmi": metrics.normalized_mutual_info_score(label, cluster),
        "ari": metrics.adjusted_rand_score(label, cluster),
        "ami": metrics.adjusted_mutual_info_score(label, cluster),
        "v_measure": metrics.v_measure_score(label, cluster),
        "accuracy": table[linear_sum_assignment(table, maximize=True)].sum() / len(label),
    }


def our_spread(z, label, cluster):
    from embedbench.neighbors.internal_indices import variance_indices

    return variance_indices(z, cluster)


def their_spread(z, label, cluster):
    from sklearn import metrics

    return {
        "calinski_harabasz": metrics.calinski_harabasz_score(z, cluster),
        "davies_bouldin": metrics.davies_bouldin_score(z, cluster),
    }


PARTS = {"indices": (our_indices, their_indices), "spread": (our_spread, their_spread)}


def against(part, rows, rounds):
    """Ratios over the rounds, after one to warm up."""
    sides, found = dict(zip(("ours", "scikit_learn"), PARTS[part], strict=True)), []
    for number in range(rounds + 1):
        order = side_by_side.turns(sides, number)
        taken = {side: side_by_side.measured(partial(sides[side], *rows)) for side in order}
        mine, theirs = taken["ours"]["scores"], taken["scikit_learn"]["scores"]
        for name, value in theirs.items():
            allowed = SAME if part == "indices" else SAME_SPREAD * value
            if abs(mine[name] - value) > allowed:
                raise SystemExit(f"{name} is {mine[name]} here and {value} by scikit-learn.")
        one = {**side_by_side.ratios(taken, "ours", "scikit_learn"), "seconds": taken["ours"]["seconds"]}
        if number:
            found.append(one)
    return {**side_by_side.spread(found), "values": {name: float(value) for name, value in theirs.items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = side_by_side.arguments(parser, rows=1600, rounds=1, threads=1)
    from threadpoolctl import threadpool_limits

    from embedbench.neighbors import k_means

    report = side_by_side.setting(args.threads, "scikit-learn", "scipy")
    report["bounds"] = {"same": SAME, "same_spread": SAME_SPREAD, "time_of_indices": SPEED}
    with tempfile.TemporaryDirectory() as name, threadpool_limits(args.threads):
        side_by_side.write_fashion_mnist(Path(name), args.tiny)
        z, label = (np.load(Path(name) / f"{part}.npy")[: args.rows] for part in ("z", "label"))
        rows = z, label, k_means.assign(k_means.kmeans(z, 10, 1, 0), z)
        report |= {part: against(part, rows, args.rounds) for part in PARTS}
    broken = [] if report["indices"]["time_ratio"]["median"] >= SPEED else ["time of indices"]
    side_by_side.finish({**report, "broken": broken}, args)


if __name__ == "__main__":
    main()
