"""Digits in 2 and 10 dimensions by this package's encoder and by scikit-learn's metric MDS, on the same rows, in turn.

MDS is SMACOF from 4 random starts of at most 300 iterations, its best taken: scikit-learn's own budget. Ours is the
model and the budget as the command line has them: 3,000 steps of 128 rows, a run for each of three seeds. Both get the
train rows of the data module. One thread; the sides take turns, so that both meet whatever else the machine does.

Stress is the square root of Σ (s·d − δ)² / Σ δ² over all pairs of rows, δ being input and d latent distances, with the
scale s that makes it least, for both sides alike; of an encoder also among test rows, which it hasn't seen. MDS has no
answer for these. Time is that of the fit, wall-clock and of this process.

Bounds, for each seed: train stress at most 1.05 times that of MDS, test stress at most 1.1 times the train stress, less
time of the process than MDS; and less time on the clock in the median of the turns.

    python benchmarks/distance_preserving.py [--seeds 3] [--output FILE]
"""

import argparse
import inspect
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import side_by_side
import sklearn
import torch
from lightning.pytorch import seed_everything
from sklearn.manifold import MDS
from threadpoolctl import threadpool_limits

from embedbench.data.images.digits import Digits
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.scoring import embed_splits

DIMS, STARTS = (2, 10), 4
TRAIN_LIMIT, HELD_OUT_LIMIT = 1.05, 1.1


def stress(x, z):
    """Scale-optimal normalised stress."""
    d_in, d_out = torch.pdist(x.double()), torch.pdist(z.double())
    scale = (d_in @ d_out) / (d_out @ d_out)
    return float(((scale * d_out - d_in).square().sum() / d_in.square().sum()).sqrt())


def timed(function, *args):
    """Its result, and the seconds on the clock and of this process."""
    clocks = time.perf_counter(), time.process_time()
    result = function(*args)
    return result, {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}


def scaling(x, dim, seed):
    """Coordinates by SMACOF; what is the default differs between versions and is therefore said."""
    said = {"init": "random"} if "init" in inspect.signature(MDS).parameters else {}
    return MDS(dim, n_init=STARTS, normalized_stress=False, random_state=seed, **said).fit_transform(x.double().numpy())


def encoder(dim, seed, given, folder):
    """A model fitted as by the command line, and its embeddings of all splits; the time is that of the fit."""
    words = ["--model", "distance_preserving", "--data", "digits", "--model.latent_dim", str(dim), "--threads", "1"]
    parts = resolve(build_request([*words, *given]))
    spec = parts.data.spec  # the rows are read by now, as those of MDS are
    seed_everything(seed, verbose=False)
    model = parts.make_model(spec)
    trainer = make_trainer(parts.trainer, model, folder)
    seconds = timed(fit, trainer, model, parts.data)[1]
    return embed_splits(trainer, model, parts.data), seconds


def one_turn(rows, dim, seed, given):
    reference, theirs = timed(scaling, rows["train"], dim, seed)
    theirs["train_stress"] = stress(rows["train"], torch.from_numpy(reference))
    with tempfile.TemporaryDirectory() as folder:
        z, ours = encoder(dim, seed, given, Path(folder))
    ours |= {f"{split}_stress": stress(rows[split], z[split]) for split in rows}
    return {
        "seed": seed,
        "ours": ours,
        "mds": theirs,
        "train_ratio": ours["train_stress"] / theirs["train_stress"],
        "held_out_ratio": ours["test_stress"] / ours["train_stress"],
        "time_ratio_on_the_clock": ours["seconds"] / theirs["seconds"],
        "time_ratio": ours["cpu_seconds"] / theirs["cpu_seconds"],
    }


def broken(turns, medians):
    """Bounds that don't hold."""
    slow = [f"time on the clock in {dim} dimensions" for dim in DIMS if medians[dim]["time_ratio_on_the_clock"] >= 1]
    return slow + [
        f"{name} in {dim} dimensions, seed {turn['seed']}"
        for dim, found in turns.items()
        for turn in found
        for name, holds in {
            "train stress": turn["train_ratio"] <= TRAIN_LIMIT,
            "test stress": turn["held_out_ratio"] <= HELD_OUT_LIMIT,
            "time": turn["time_ratio"] < 1,
        }.items()
        if not holds
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="of training, other than the default")
    parser.add_argument("--rows", type=int, help="train rows, validation among them (all)")
    args = side_by_side.arguments(parser, seeds=1, steps=20, rows=200)
    given = [] if args.steps is None else ["--trainer.max_steps", str(args.steps)]
    given += [] if args.rows is None else ["--data.train_rows", str(args.rows)]
    torch.set_num_threads(1)
    data = Digits(train_rows=args.rows)
    rows = {split: data.tensors(split)[0].flatten(1) for split in ("train", "val", "test")}
    report = {
        "torch": torch.__version__,
        "scikit_learn": sklearn.__version__,
        "cores": os.cpu_count(),
        "load_at_start": os.getloadavg()[0],
        "rows": {split: len(x) for split, x in rows.items()},
        "bounds": {"train_ratio": TRAIN_LIMIT, "held_out_ratio": HELD_OUT_LIMIT, "time_ratio": 1},
    }
    turns = {dim: [] for dim in DIMS}
    with threadpool_limits(1):
        for seed in range(args.seeds):
            for dim, found in turns.items():
                found.append(one_turn(rows, dim, seed, given))
                print(json.dumps({"dim": dim, **found[-1]}), flush=True)
    ratios = [name for name in turns[DIMS[0]][0] if name.endswith(("ratio", "clock"))]
    medians = {
        dim: {name: statistics.median(t[name] for t in found) for name in ratios} for dim, found in turns.items()
    }
    report |= {"turns": turns, "medians": medians, "broken": broken(turns, medians)}
    side_by_side.finish(report, args)


if __name__ == "__main__":
    main()
