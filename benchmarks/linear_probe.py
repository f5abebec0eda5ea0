"""Multinomial logistic regression of Fashion-MNIST here and by scikit-learn, at the same C.

60,000 train rows as 128 principal components, float32, 10,000 test rows. Scikit-learn's side standardises the rows and
fits `LogisticRegression(C=1)` (lbfgs, its 100 iterations); ours is `fit` with C = 1, standardising among it. Its
objective is computed in float64 from its weights, ours from ours. The suite's own call, which chooses C too, is timed
beside them. Each call is timed in a process of its own, after its imports; the sides take turns, and in going first.

Bounds: our objective at most scikit-learn's + 1e-4, accuracy within .002, and by the median over rounds, on the clock,
at least twice as fast.

    python benchmarks/linear_probe.py [--rows 60000] [--rounds 3] [--threads 2] [--output FILE]
"""

import argparse
import json
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import side_by_side

C, HIGHER, APART, SPEED = 1.0, 1e-4, 0.002, 2.0


def ours(x, y):
    from embedbench.evaluation.metrics.probe.logistic import fit_logistic

    found = fit_logistic(x, y, C)
    return found.weight, found.bias


def ours_with_choice(x, y):
    from embedbench.evaluation.metrics.probe.logistic import fit_logistic

    found = fit_logistic(x, y)
    return found.weight, found.bias


def scikit_learn(x, y):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 100 iterations are too few
        model = LogisticRegression(C=C).fit(scaler.transform(x), y)
    weight = model.coef_.astype(float) / scaler.scale_
    return weight, model.intercept_ - weight @ scaler.mean_


SIDES = {"ours": ours, "scikit_learn": scikit_learn, "ours_with_choice": ours_with_choice}


def objective(x, y, weight, bias):
    from scipy.special import logsumexp

    logits = x.astype(float) @ weight.T + bias
    loss = (logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]).mean()
    return loss + ((weight * x.std(axis=0, dtype=float)) ** 2).sum() / (2 * C * len(y))


def child(side, folder, rows):
    """Measures one call and prints what came of it."""
    z, label, z_test, label_test = side_by_side.read_parts(folder)
    x, y = z[:rows].copy(), label[:rows]
    SIDES[side](x[:500], y[:500])
    found = side_by_side.measured(lambda: SIDES[side](x, y))
    weight, bias = found.pop("scores")
    right = (z_test @ weight.T + bias).argmax(axis=1) == label_test
    print(json.dumps({**found, "accuracy": float(right.mean()), "objective": objective(x, y, weight, bias)}))


def one_round(folder, rows, threads, number):
    order = side_by_side.turns(SIDES, number)
    taken = {side: side_by_side.apart(__file__, threads, side, folder, rows) for side in order}
    print(f"round {number}: {json.dumps(taken)}", flush=True)
    mine, theirs = taken["ours"], taken["scikit_learn"]
    if mine["objective"] > theirs["objective"] + HIGHER or abs(mine["accuracy"] - theirs["accuracy"]) > APART:
        raise SystemExit(f"not the same fit: {mine} and {theirs}")
    said = {f"{side}_{name}": taken[side][name] for side in SIDES for name in ("objective", "accuracy", "extra_mb")}
    choice = side_by_side.ratios(taken, "ours_with_choice", "scikit_learn")
    return {
        **side_by_side.ratios(taken, "ours", "scikit_learn"),
        **{f"{name}_with_choice": value for name, value in choice.items()},
        **said,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rows=1200, rounds=1, threads=1)
    if args.child:
        child(args.child[0], args.child[1], int(args.child[2]))
        return
    report = side_by_side.setting(args.threads, "torch", "scikit-learn")
    report |= {"rows": args.rows, "bounds": {"objective": HIGHER, "accuracy": APART, "time": SPEED}}
    with tempfile.TemporaryDirectory() as name:
        side_by_side.write_fashion_mnist(Path(name), args.tiny)
        found = [one_round(Path(name), args.rows, args.threads, number) for number in range(args.rounds)]
    report |= side_by_side.spread(found)
    broken = [] if report["time_ratio"]["median"] >= SPEED else ["time"]
    side_by_side.finish({**report, "broken": broken}, args)


if __name__ == "__main__":
    main()
