"""A metric added to an old run: `evaluate --run` with its embeddings in the cache, and without a cache.

A run of a small vision transformer on Fashion-MNIST (one step of training is enough: embedding takes as long after a
good fit) is scored again by mean average precision. Each call is a process of its own, from its first import to its
exit, and the sides take turns, and in going first: "hit" reads the embeddings that the run left, "none" has no cache
(EMBEDBENCH_CACHE_SIZE=0) and embeds all rows. Both have to give the same metrics. Of each process "seconds" is on the
clock, "cpu_seconds" its own and "peak_mb" the most memory that it held.

Bound: a hit takes less than half the time without (the median of the ratios over rounds); what remains is starting
Python, reading the data set, hashing it and the metric.

    python benchmarks/cache.py [--rounds 5] [--rows 60000] [--threads 2] [--output FILE]
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

import side_by_side

METRIC, SAME, BOUND = "retrieval/map@r", 1e-6, 2.0


def environment(folder, threads):
    return {**side_by_side.environment(threads), "EMBEDBENCH_CACHE": str(folder / "cache")}


def score(folder, side, threads):
    words = ["evaluate", "--run", "runs/vit", "--suite.metrics", f"[{METRIC}]", "--output", f"{side}.json"]
    size = {"EMBEDBENCH_CACHE_SIZE": "10GB" if side == "hit" else "0"}
    taken, said = side_by_side.embedbench(folder, words, **environment(folder, threads), **size)
    if ("no row was embedded" in said) != (side == "hit"):
        raise SystemExit(f"{side} did not do what it was to do:\n{said}")
    return {**taken, "metrics": json.loads((folder / f"{side}.json").read_text(encoding="utf8"))}


def one_round(folder, number, threads):
    sides = ["hit", "none"] if number % 2 == 0 else ["none", "hit"]
    found = {side: score(folder, side, threads) for side in sides}
    for split, values in found["none"].pop("metrics").items():
        apart = abs(values[METRIC] - found["hit"]["metrics"][split][METRIC])
        if apart > SAME:
            raise SystemExit(f"{split} {METRIC} differs by {apart:.1e}.")
    del found["hit"]["metrics"]
    for name in ("seconds", "cpu_seconds"):
        found[f"{name}_ratio"] = found["none"][name] / found["hit"][name]
    print(f"round {number}: {json.dumps(found)}", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=60_000, help="train rows, validation among them")
    parser.add_argument("--test_rows", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = side_by_side.arguments(parser, rounds=1, rows=300, test_rows=100, threads=1)
    report = {
        "cores": os.cpu_count(),
        "threads": args.threads,
        "rows": args.rows,
        "load_at_start": os.getloadavg()[0],
        "bound": BOUND,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = ["--model", "supervised", "--model.encoder", "ViT", "--data", "fashion_mnist"]
        rows = ["--data.train_rows", args.rows, "--data.test_rows", args.test_rows]
        few = ["--trainer.max_steps", "1", "--suite.metrics", "[probe/knn_accuracy]", "--run_id", "vit"]
        side_by_side.embedbench(folder, ["run", *model, *rows, *few], **environment(folder, args.threads))
        rounds = [one_round(folder, number, args.threads) for number in range(args.rounds)]
    for name in ("seconds_ratio", "cpu_seconds_ratio"):
        values = sorted(one[name] for one in rounds)
        report[name] = {"median": statistics.median(values), "least": values[0], "most": values[-1]}
    broken = [] if report["seconds_ratio"]["median"] >= BOUND else ["time"]
    side_by_side.finish({**report, "rounds": rounds, "broken": broken}, args)


if __name__ == "__main__":
    main()
