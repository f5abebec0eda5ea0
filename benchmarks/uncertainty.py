"""What standard errors and bootstrap intervals cost, beside the suite that they belong to.

`Suite.score` gives the metrics alone; `Suite.assess` gives the same metrics, with the uncertainty of all those that are
means over query rows. The part that `assess` adds is timed by itself, on the values of single queries that it is given,
in turn with the suite: the difference of two times of the suite would be lost in their noise. Rows: raw digits (450
queries, 1,347 in the gallery) by the whole suite, geometry included; Fashion-MNIST as 128 principal components (10,000
queries, 60,000 in the gallery), by the `retrieval` family alone, which makes the bound harder to hold.

Bounds: the metrics are the same; at most 5 % of the suite's time, on the clock and of the processor, by the median over
rounds.

    python benchmarks/uncertainty.py [--rounds 5] [--threads 2] [--output FILE]
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np

BOUND = 0.05


def digits():
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from embedbench.evaluation.space import Rows

    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x.astype(np.float32), y, test_size=0.25, random_state=0)
    return None, Rows(x_train, y_train), Rows(x_test, y_test, x=x_test)


def fashion_mnist():
    from sklearn.decomposition import PCA

    from embedbench.data.images.fashion_mnist import FashionMNIST
    from embedbench.evaluation.space import Rows

    data = FashionMNIST()
    x = np.concatenate([data.tensors(split)[0].flatten(1).numpy() for split in ("train", "val", "test")])
    y = np.concatenate([data.targets(split).numpy() for split in ("train", "val", "test")])
    z = PCA(128, random_state=0).fit(x[:60_000]).transform(x).astype(np.float32)
    return ["retrieval"], Rows(z[:60_000], y[:60_000]), Rows(z[60_000:], y[60_000:])


def timed(call):
    clocks = time.perf_counter(), time.process_time()
    found = call()
    return found, {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}


def compare(make, rounds):
    from embedbench.evaluation.suite import Suite
    from embedbench.evaluation.uncertainty import uncertainties

    metrics, gallery, query = make()
    suite = Suite(metrics)
    assessed = suite.assess(gallery, {"test": query})["test"]
    found = []
    for _ in range(rounds):
        scores, whole = timed(lambda: suite.score(gallery, {"test": query})["test"])
        said, part = timed(lambda: uncertainties(assessed.queries, suite.protocol.seed))
        if scores != assessed.metrics or said.keys() != assessed.uncertainty.keys():
            raise SystemExit("the metrics differ.")
        one = {"suite": whole, "uncertainty": part, **{f"{c}_ratio": part[c] / whole[c] for c in part}}
        print(f"{make.__name__}: {json.dumps(one)}", flush=True)
        found.append(one)
    ratios = {name: sorted(one[name] for one in found) for name in ("seconds_ratio", "cpu_seconds_ratio")}
    medians = {f"{name}_median": statistics.median(values) for name, values in ratios.items()}
    counts = {"queries": len(query), "metrics": len(assessed.queries)}
    return {**counts, **medians, **{f"{name}_rounds": values for name, values in ratios.items()}, "rounds": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    from threadpoolctl import threadpool_limits

    report = {"numpy": np.__version__, "cores": os.cpu_count(), "threads": args.threads, "bound": BOUND}
    report["load_at_start"] = os.getloadavg()[0]
    with threadpool_limits(args.threads):
        report |= {make.__name__: compare(make, args.rounds) for make in (digits, fashion_mnist)}
    medians = {
        f"{make.__name__} {c}": report[make.__name__][f"{c}_ratio_median"]
        for make in (digits, fashion_mnist)
        for c in ("seconds", "cpu_seconds")
    }
    report |= {"load_at_end": os.getloadavg()[0], "broken": [name for name, ratio in medians.items() if ratio > BOUND]}
    print(json.dumps(report, indent=2))
    if args.output:
        args.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf8")
    raise SystemExit(bool(report["broken"]))


if __name__ == "__main__":
    main()
