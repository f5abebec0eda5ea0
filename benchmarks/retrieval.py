"""Retrieval on Fashion-MNIST as 128 principal components, 60,000 rows in the gallery: here and by the peers.

Ours is the `retrieval` family by the suite, from vectors to its eight metrics: recall@1, 5 and 10, precision@10, MAP@R,
R-precision, MRR and nDCG@10. The peer is pytorch-metric-learning's `AccuracyCalculator` with its four (precision at 1,
R-precision, MAP@R, MRR) and `k="max_bin_count"`, by faiss on the CPU. Beside them the product of all queries with the
gallery alone, in tiles of 256 x 4,096 that stay in the cache, a worker a thread: what no exact method can do without.
Then the ten nearest rows of each query: ours, which is the suite's only neighbour search, and a bare faiss call. All
get the same float32 rows and number of threads. Each call is timed in a process of its own, which has its rows and its
imports before the clock starts; the sides take turns, and in going first. Memory: the most that the process held in the
call beyond what it held before it. 300 queries are also scored by torchmetrics, one by one, with 1 / (1 + the
distance in float64) as similarity: it takes rows of similarity 0 and below for irrelevant.

Bounds, times by the median over rounds, on the clock: the peer takes at least 5 times as long as ours, ours at most 2.3
times as long as the product, with at most 200 MB, and equal figures to 1e-6, torchmetrics' too; ten neighbours at most
1.1 times as long as bare faiss, and the same rows.

    python benchmarks/retrieval.py [--rounds 3] [--threads 2] [--queries 10000] [--output FILE]
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

import numpy as np
import side_by_side

FEW = 300
SAME, SPEED, PRODUCT, MB, TOP = 1e-6, 5.0, 2.3, 200, 1.1
PEER = {
    "precision_at_1": "recall@1",
    "r_precision": "r_precision",
    "mean_average_precision_at_r": "map@r",
    "mean_reciprocal_rank": "mrr",
}


def ours(z, y, q, c):
    from embedbench.evaluation.space import Rows
    from embedbench.evaluation.suite import Suite

    scores = Suite(["retrieval"], neighbors=1).score(Rows(z, y), {"test": Rows(q, c)})["test"]
    return {name.partition("/")[2]: value for name, value in scores.items()}


def pytorch_metric_learning(z, y, q, c):
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    calculator = AccuracyCalculator(tuple(PEER), k="max_bin_count", device=torch.device("cpu"))
    found = calculator.get_accuracy(*map(torch.from_numpy, (q, c, z, y)))
    return {PEER[name]: float(value) for name, value in found.items()}


def product(z, y, q, c):
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_info, threadpool_limits

    def work(start):
        rows = q[start : start + 256]
        space = np.empty((len(rows), 4096), np.float32)
        for low in range(0, len(z), 4096):
            columns = z[low : low + 4096]
            np.matmul(rows, columns.T, out=space[:, : len(columns)])

    threads = max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(0, len(q), 256)))
    return {}


def top(z, y, q, c):
    from embedbench.neighbors.search import search

    return {"sum_of_ids": int(search(z, q, 10).sum())}


def faiss_top(z, y, q, c):
    import faiss

    return {"sum_of_ids": int(faiss.knn(q, z, 10)[1].sum())}


SIDES = {one.__name__: one for one in (ours, pytorch_metric_learning, product, top, faiss_top)}


def torchmetrics(z, y, q, c):
    """Means over a few queries, which are scored one by one."""
    import torch
    from torchmetrics.functional import retrieval as peer

    rows = []
    for query, label in zip(q.astype(float), c, strict=True):
        close = torch.from_numpy(1 / (1 + np.linalg.norm(z - query, axis=1)))
        same = torch.from_numpy(y == label)
        share = peer.retrieval_r_precision(close, same)
        rows.append(
            {
                **{f"recall@{k}": peer.retrieval_hit_rate(close, same, top_k=k) for k in (1, 5, 10)},
                "precision@10": peer.retrieval_precision(close, same, top_k=10),
                "r_precision": share,
                # Its average precision is over the relevant rows that were found, MAP@R over all R.
                "map@r": share * peer.retrieval_average_precision(close, same, top_k=int(same.sum())),
                "mrr": peer.retrieval_reciprocal_rank(close, same),
                "ndcg@10": peer.retrieval_normalized_dcg(close, same, top_k=10),
            }
        )
    return {name: statistics.fmean(float(row[name]) for row in rows) for name in rows[0]}


def rows_of(folder, queries):
    """Gallery, its labels, and queries at random from the test rows, with theirs."""
    z, y, q, c = side_by_side.read_parts(folder)
    chosen = np.random.default_rng(0).permutation(len(q))[:queries]
    return z, y, q[chosen], c[chosen]


def child(side, folder, queries):
    """Measures one call and prints what came of it."""
    rows = rows_of(folder, int(queries))
    SIDES[side](*(part[:500] for part in rows))
    print(json.dumps(side_by_side.measured(lambda: SIDES[side](*rows))))


def check_same(name, mine, theirs):
    for metric, value in theirs.items():
        if abs(mine[metric] - value) > SAME:
            raise SystemExit(f"{metric} is {mine[metric]} here and {value} by {name}.")


def one_round(number, folder, queries, threads):
    one = {
        side: side_by_side.apart(__file__, threads, side, folder, queries) for side in side_by_side.turns(SIDES, number)
    }
    check_same("pytorch-metric-learning", one["ours"]["scores"], one["pytorch_metric_learning"]["scores"])
    check_same("faiss", one["top"]["scores"], one["faiss_top"]["scores"])
    print(f"round {number}: {json.dumps(one)}", flush=True)
    pairs = {
        "peer_over_ours": ("ours", "pytorch_metric_learning"),
        "ours_over_product": ("product", "ours"),
        "top_over_faiss": ("faiss_top", "top"),
    }
    said = {
        f"{name}_{ratio}": value
        for name, (below, above) in pairs.items()
        for ratio, value in side_by_side.ratios(one, below, above).items()
    }
    taken = {f"{side}_{name}": one[side][name] for side in SIDES for name in ("seconds", "cpu_seconds", "extra_mb")}
    return {**said, **taken}


def broken(found):
    """Bounds that don't hold."""
    bounds = {
        "time of the peer": found["peer_over_ours_time_ratio"]["median"] >= SPEED,
        "time of the product": found["ours_over_product_time_ratio"]["median"] <= PRODUCT,
        "memory": found["ours_extra_mb"]["median"] <= MB,
        "ten neighbours": found["top_over_faiss_time_ratio"]["median"] <= TOP,
    }
    return [name for name, holds in bounds.items() if not holds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rounds=1, queries=400, threads=1)
    if args.child:
        child(*args.child)
        return
    report = side_by_side.setting(args.threads, "faiss-cpu", "pytorch-metric-learning", "torchmetrics")
    report["queries"] = args.queries
    report["bounds"] = {"same": SAME, "peer": SPEED, "product": PRODUCT, "extra_mb": MB, "ten_neighbours": TOP}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        side_by_side.write_fashion_mnist(folder, args.tiny)
        few = rows_of(folder, FEW)
        report["gallery"] = len(few[0])
        check_same("torchmetrics", ours(*few), torchmetrics(*few))
        found = side_by_side.spread(
            [one_round(number, folder, args.queries, args.threads) for number in range(args.rounds)]
        )
    side_by_side.finish({**report, **found, "broken": broken(found)}, args)


if __name__ == "__main__":
    main()
