"""Retrieval on Fashion-MNIST as 128 principal components, 60,000 rows in the gallery: here and by the peers.

Ours is the `retrieval` family by the suite, from vectors to its eight metrics: recall@1, 5 and 10, precision@10, MAP@R,
R-precision, MRR and nDCG@10. The peer is pytorch-metric-learning's `AccuracyCalculator` with its four (precision at 1,
R-precision, MAP@R, MRR) and `k="max_bin_count"`, by faiss on the CPU. Beside them the product of all queries with the
gallery alone, in tiles of 256 x 4,096 that stay in the cache, a worker a thread: what no exact method can do without.
Then the ten nearest rows of each query: ours, which is the suite's only neighbour search, and a bare faiss call. All
get the same float32 rows and number of threads. Each call is timed in a process of its own, which has its rows and its
imports before the clock starts; the sides take turns, and in going first. Memory: the most that the process held in the
call beyond what it held before it. The first 300 queries are also scored by torchmetrics, one by one, with 1 / (1 + the
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
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

GALLERY, DIM, FEW = 60_000, 128, 300
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
    from embedbench.evaluation.neighbors import search

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
    for query, label in zip(q[:FEW].astype(float), c[:FEW], strict=True):
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


def held(what):
    """Memory of this process in MB: what it holds ("VmRSS"), or the most that it has held ("VmHWM"); Linux alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def child(side, folder):
    """Measures one call and prints what came of it."""
    rows = [np.load(Path(folder) / f"{name}.npy") for name in ("z", "y", "q", "c")]
    SIDES[side](*(part[:500] for part in rows))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the most held so far
    before = held("VmRSS")
    clocks = time.perf_counter(), time.process_time()
    scores = SIDES[side](*rows)
    spent = {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}
    print(json.dumps({**spent, "extra_mb": held("VmHWM") - before, "scores": scores}))


def call(side, folder, threads):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, __file__, "--child", side, str(folder)],
        env={**os.environ, **dict.fromkeys(names, str(threads))},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def write_rows(folder, queries):
    from sklearn.decomposition import PCA

    from embedbench.data.fashion_mnist import FashionMNIST

    data = FashionMNIST()
    x = np.concatenate([data.tensors(split)[0].flatten(1).numpy() for split in ("train", "val", "test")])
    y = np.concatenate([data.targets(split).numpy() for split in ("train", "val", "test")])
    z = PCA(DIM, random_state=0).fit(x[:GALLERY]).transform(x).astype(np.float32)
    chosen = GALLERY + np.random.default_rng(0).permutation(len(z) - GALLERY)[:queries]
    for name, part in {"z": z[:GALLERY], "y": y[:GALLERY], "q": z[chosen], "c": y[chosen]}.items():
        np.save(folder / f"{name}.npy", part)


def check_same(name, mine, theirs):
    for metric, value in theirs.items():
        if abs(mine[metric] - value) > SAME:
            raise SystemExit(f"{metric} is {mine[metric]} here and {value} by {name}.")


def one_round(number, folder, threads):
    sides = list(SIDES) if number % 2 == 0 else list(SIDES)[::-1]
    one = {side: call(side, folder, threads) for side in sides}
    check_same("pytorch-metric-learning", one["ours"]["scores"], one["pytorch_metric_learning"]["scores"])
    check_same("faiss", one["top"]["scores"], one["faiss_top"]["scores"])
    for name, (above, below) in {
        "peer_over_ours": ("pytorch_metric_learning", "ours"),
        "ours_over_product": ("ours", "product"),
        "top_over_faiss": ("top", "faiss_top"),
    }.items():
        one[name] = one[above]["seconds"] / one[below]["seconds"]
        one[f"{name}_cpu"] = one[above]["cpu_seconds"] / one[below]["cpu_seconds"]
    one["extra_mb"] = one["ours"]["extra_mb"]
    print(f"round {number}: {json.dumps(one)}", flush=True)
    return one


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(*args.child)
        return
    from importlib.metadata import version

    peers = {name: version(name) for name in ("numpy", "faiss-cpu", "pytorch-metric-learning", "torchmetrics")}
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder, args.queries)
        z, y, q, c = (np.load(folder / f"{part}.npy") for part in ("z", "y", "q", "c"))
        check_same("torchmetrics", ours(z, y, q[:FEW], c[:FEW]), torchmetrics(z, y, q, c))
        rounds = [one_round(number, folder, args.threads) for number in range(args.rounds)]
    names = [name for name, value in rounds[0].items() if isinstance(value, float)]
    spread = {name: sorted(one[name] for one in rounds) for name in names}
    medians = {name: statistics.median(values) for name, values in spread.items()}
    holds = {
        "time of the peer": medians["peer_over_ours"] >= SPEED,
        "time of the product": medians["ours_over_product"] <= PRODUCT,
        "memory": max(spread["extra_mb"]) <= MB,
        "ten neighbours": medians["top_over_faiss"] <= TOP,
    }
    report = {
        **peers,
        "cores": os.cpu_count(),
        "threads": args.threads,
        "queries": args.queries,
        "gallery": GALLERY,
        "bounds": {"same": SAME, "peer": SPEED, "product": PRODUCT, "extra_mb": MB, "ten_neighbours": TOP},
        "load": [load, os.getloadavg()[0]],
        **{f"{name}_median": value for name, value in medians.items()},
        **{f"{name}_rounds": values for name, values in spread.items()},
        "broken": [bound for bound, held_up in holds.items() if not held_up],
        "rounds": rounds,
    }
    print(json.dumps({name: value for name, value in report.items() if name != "rounds"}, indent=2))
    if args.output:
        args.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf8")
    raise SystemExit(bool(report["broken"]))


if __name__ == "__main__":
    main()
