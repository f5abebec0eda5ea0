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
import tempfile
import time
from pathlib import Path

import numpy as np
import side_by_side

BOUND = 0.05


def digits(tiny):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from embedbench.evaluation.space import Rows

    x, y = (part[: 400 if tiny else None] for part in load_digits(return_X_y=True))
    x_train, x_test, y_train, y_test = train_test_split(x.astype(np.float32), y, test_size=0.25, random_state=0)
    return None, Rows(x_train, y_train), Rows(x_test, y_test, x=x_test)


def fashion_mnist(tiny):
    from embedbench.evaluation.space import Rows

    with tempfile.TemporaryDirectory() as folder:
        side_by_side.write_fashion_mnist(Path(folder), tiny)
        z, y, q, c = side_by_side.read_parts(folder)
    return ["retrieval"], Rows(z, y), Rows(q, c)


def timed(call):
    clocks = time.perf_counter(), time.process_time()
    found = call()
    return found, {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}


def compare(make, rounds, tiny):
    from embedbench.evaluation.suite import Suite
    from embedbench.evaluation.uncertainty import uncertainties

    metrics, gallery, query = make(tiny)
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
    args = side_by_side.arguments(parser, rounds=1, threads=1)
    from threadpoolctl import threadpool_limits

    report = {"numpy": np.__version__, "cores": os.cpu_count(), "threads": args.threads, "bound": BOUND}
    report["load_at_start"] = os.getloadavg()[0]
    with threadpool_limits(args.threads):
        report |= {make.__name__: compare(make, args.rounds, args.tiny) for make in (digits, fashion_mnist)}
    medians = {
        f"{make.__name__} {c}": report[make.__name__][f"{c}_ratio_median"]
        for make in (digits, fashion_mnist)
        for c in ("seconds", "cpu_seconds")
    }
    report |= {"broken": [name for name, ratio in medians.items() if ratio > BOUND]}
    side_by_side.finish(report, args)


if __name__ == "__main__":
    main()
