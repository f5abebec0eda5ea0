"""What live evaluation takes of a fit on Fashion-MNIST: the same fit with `--evaluate_every N` and without.

Each fit runs in a process of its own, which has its rows and its imports before the clock starts; the sides take turns,
and in going first. Both begin with the same weights, and end with the same to the bit or the benchmark fails. Of the
fit with live evaluation, that part is measured by itself, on the clock and as CPU time of all threads; of the two fits
the CPU times are compared, whose ratio is the noisier figure. `supervised` has the cheapest step of the models with the
default encoder, and so the largest share; `vae` has a decoder too.

Bound: the median share of live evaluation in the fit is at most 5 %, on the clock and as CPU time.

    python benchmarks/live.py [--rows 10000,60000] [--models supervised,vae] [--every 1] [--epochs 3] [--rounds 3]
        [--threads 2] [--output FILE]
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import side_by_side

LIMIT = 0.05


def child(model_name, rows, every, epochs, threads):
    """Measures one fit and prints what came of it; without live evaluation if ``every`` is 0."""
    import torch
    from lightning.pytorch import Callback, seed_everything

    from embedbench.request.request import build_request
    from embedbench.request.resolve import resolve
    from embedbench.run.fitting import fit, make_trainer
    from embedbench.run.live.callback import LiveEvaluation
    from embedbench.run.live.plan import make_plan

    class Measured(LiveEvaluation):
        """Counts the CPU seconds of its looks as well."""

        cpu = 0.0

        def _look(self, *args):
            started = time.process_time()
            super()._look(*args)
            self.cpu += time.process_time() - started

    class Clock(Callback):
        """CPU seconds from the first batch on, as the package's own clock."""

        def on_train_start(self, *_):
            self.started = time.process_time()

    torch.set_num_threads(threads)
    words = ["--model", model_name, "--data", "fashion_mnist", "--data.train_rows", str(rows)]
    words += ["--trainer.max_steps", "-1", "--trainer.max_epochs", str(epochs)]
    parts = resolve(build_request([*words, "--evaluate_every", str(every) if every else "null"]))
    seed_everything(0, verbose=False)
    model, plan = parts.make_model(parts.data.spec), make_plan(parts)
    with tempfile.TemporaryDirectory() as folder:
        live = plan.live and Measured(plan.live, plan.monitor, parts.data, Path(folder), True)
        clock = Clock()
        trainer = make_trainer({**parts.trainer, "callbacks": [clock]}, model, Path(folder), live=live)
        seconds = fit(trainer, model, parts.data).seconds
        cpu = time.process_time() - clock.started
    weights = b"".join(value.numpy().tobytes() for value in model.state_dict().values())
    found = {"seconds": seconds, "cpu_seconds": cpu, "weights": hashlib.sha256(weights).hexdigest()}
    if live:
        sample = {split: len(numbers) for split, numbers in live._sample.items()}
        shares = {"share": live.spent / seconds, "cpu_share": live.cpu / cpu}
        found |= {"looks": len(live.looks), "sample": sample, "live_seconds": live.spent, **shares}
    print(json.dumps(found))


def call(args, threads):
    env = {**side_by_side.environment(threads), "OMP_WAIT_POLICY": "passive"}  # waiting is no work
    argv = [sys.executable, __file__, "--child", *map(str, args), str(threads)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{args} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def compare(model, rows, args):
    found = []
    for number in range(args.rounds):
        sides = {"with": args.every, "without": 0}
        order = side_by_side.turns(sides, number)
        one = {side: call((model, rows, sides[side], args.epochs), args.threads) for side in order}
        if one["with"].pop("weights") != one["without"].pop("weights"):
            raise SystemExit(f"{model} on {rows} rows: live evaluation changed the weights.")
        one["cpu_ratio"] = one["with"]["cpu_seconds"] / one["without"]["cpu_seconds"]
        print(f"{model}, {rows} rows, round {number}: {json.dumps(one)}", flush=True)
        found.append(one)
    figures = {name: sorted(one["with"][name] for one in found) for name in ("share", "cpu_share")}
    figures["cpu_ratio"] = sorted(one["cpu_ratio"] for one in found)
    medians = {f"{name}_median": statistics.median(values) for name, values in figures.items()}
    return {**medians, **{f"{name}_rounds": values for name, values in figures.items()}, "rounds": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="10000,60000")
    parser.add_argument("--models", default="supervised,vae")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    args = side_by_side.arguments(parser, rows="300", models="vae", epochs=2, rounds=1, threads=1)
    if args.child:
        child(args.child[0], *map(int, args.child[1:]))
        return
    report = {
        **side_by_side.setting(args.threads, "torch", "lightning"),
        "every": args.every,
        "epochs": args.epochs,
        "limit": LIMIT,
        "fits": {},
    }
    for rows in map(int, args.rows.split(",")):
        for model in args.models.split(","):
            report["fits"][f"{model}, {rows} rows"] = compare(model, rows, args)
    fits = report["fits"].items()
    broken = [name for name, one in fits if max(one["share_median"], one["cpu_share_median"]) > LIMIT]
    side_by_side.finish({**report, "broken": broken}, args)


if __name__ == "__main__":
    main()
