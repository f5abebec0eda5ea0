"""Neighbour embedding of Fashion-MNIST to two dimensions by this package and by umap-learn, on the same rows, in turn.

10,000 train rows (9,000 and 1,000 for validation; umap-learn gets the 9,000), 2,000 test rows, pixels in [0, 1]. Both:
15 neighbours, min_dist 0.1, one thread, by each seed in turn. Ours: `neighbor_embedding` with an MLP, by the steps,
batch and learning rate given. Umap-learn fits the train rows and transforms the test rows.

Scores, by scikit-learn for both sides: trustworthiness (k = 10) of the test rows and of the train rows, and accuracy of
the 10 nearest train rows' vote on the test rows. Speed: rows embedded a second of CPU time, over 20 passes, beside the
encoder alone.

Bounds, on means over seeds: trustworthiness and accuracy at least umap-learn's − .02; 100,000 rows per second, or
0.9 of the encoder's rate.

    python -m venv peer && peer/bin/pip install umap-learn==0.5.12
    python benchmarks/neighbor_embedding.py --peer-python peer/bin/python [--seeds 0 1 2] [--output FILE]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import side_by_side
import sklearn
import torch
from lightning.pytorch import seed_everything
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer

NEIGHBORS, MIN_DIST, K, PASSES = 15, 0.1, 10, 20
SCORES = ("trustworthiness_test", "trustworthiness_train", "knn_accuracy")
PEER = Path(__file__).with_name("umap_peer.py")
MARGIN, RATE, SHARE = 0.02, 100_000, 0.9


def request(args):
    given = {
        "neighbors": NEIGHBORS,
        "min_dist": MIN_DIST,
        "loss": args.loss,
        "latent_dim": 2,
        "lr": args.lr,
        "encoder": "MLP",
        "encoder.width": args.width,
        "encoder.depth": args.depth,
        "interpolation": args.interpolation,
    }
    model = [word for name, value in given.items() for word in (f"--model.{name}", str(value))]
    rows = ["--data", "fashion_mnist", "--data.train_rows", str(args.rows), "--data.test_rows", str(args.test_rows)]
    budget = ["--data.batch_size", str(args.batch), "--trainer.max_steps", str(args.steps)]
    words = ["--model", "neighbor_embedding", *model, *rows, *budget, "--threads", "1"]
    return build_request(words)


def rate(function, x):
    """Rows a second of CPU time."""
    with torch.inference_mode():
        function(x)
        start = time.process_time()
        for _ in range(PASSES):
            function(x)
    return PASSES * len(x) / (time.process_time() - start)


def ours(parts, seed, folder):
    seed_everything(seed, verbose=False)
    model = parts.make_model(parts.data.spec)
    clocks = time.perf_counter(), time.process_time()
    fit(make_trainer(parts.trainer, model, folder), model, parts.data)
    spent = {"seconds": time.perf_counter() - clocks[0], "cpu_seconds": time.process_time() - clocks[1]}
    model.eval()
    x = {split: parts.data.tensors(split)[0] for split in ("train", "test")}
    with torch.inference_mode():
        z = {split: model.embed(rows).numpy() for split, rows in x.items()}
    rates = {"rows_a_second": rate(model.embed, x["test"]), "encoder_rows_a_second": rate(model.encoder, x["test"])}
    return z, {"fit": spent, **rates}


def theirs(args, seed, flat, folder):
    np.savez(folder / "rows.npz", **flat)
    command = [args.peer_python, PEER, folder / "rows.npz", NEIGHBORS, MIN_DIST, seed, folder / "umap.npz"]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise SystemExit(f"umap-learn's side failed:\n{done.stderr[-2000:]}")
    return dict(np.load(folder / "umap.npz")), json.loads(done.stdout.strip().rsplit("\n", 1)[-1])


def scores(flat, label, z):
    found = {f"trustworthiness_{s}": float(trustworthiness(flat[s], z[s], n_neighbors=K)) for s in ("test", "train")}
    vote = KNeighborsClassifier(K).fit(z["train"], label["train"])
    return {**found, "knn_accuracy": float(vote.score(z["test"], label["test"]))}


def mean(runs, name, part=None):
    """Of one figure, or of a part of one, over the runs."""
    return float(np.mean([run[name] if part is None else run[name][part] for run in runs]))


def compared(ours, theirs, test_rows):
    """Differences and ratios of means over seeds, and the bounds that don't hold."""
    difference = {name: mean(ours, name) - mean(theirs, name) for name in SCORES}
    seconds = mean(ours, "fit", "cpu_seconds"), mean(theirs, "fit", "cpu_seconds")
    embedding = mean(theirs, "transform", "cpu_seconds")
    rate, encoder = mean(ours, "rows_a_second"), mean(ours, "encoder_rows_a_second")
    bounds = {name: value >= -MARGIN for name, value in difference.items()}
    bounds["rate"] = rate >= min(RATE, SHARE * encoder)
    return {
        "means": {side: {n: mean(runs, n) for n in SCORES} for side, runs in (("ours", ours), ("umap_learn", theirs))},
        "difference": difference,
        "cpu_time_ratio": seconds[0] / (seconds[1] + embedding),
        "embedding_rate_ratio": rate * embedding / test_rows,
        "bounds": {"margin": MARGIN, "rows_a_second": RATE},
        "broken": [name for name, holds in bounds.items() if not holds],
    }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable, help="of an environment with umap-learn (this one)")
    parser.add_argument("--rows", type=int, default=10_000, help="train rows, validation among them")
    parser.add_argument("--test_rows", type=int, default=2000)
    parser.add_argument("--loss", default="infonce")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--interpolation", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return side_by_side.arguments(parser, rows=500, test_rows=200, steps=10, batch=64, width=16, depth=1, seeds=[0])


def main():
    args = arguments()
    torch.set_num_threads(1)
    parts = resolve(request(args))
    pairs = {split: parts.data.tensors(split) for split in ("train", "test")}
    flat = {split: x.flatten(1).numpy() for split, (x, _) in pairs.items()}
    label = {split: y.numpy() for split, (_, y) in pairs.items()}
    given = {name: value for name, value in vars(args).items() if name not in ("peer_python", "output", "tiny")}
    place = {"torch": torch.__version__, "scikit_learn": sklearn.__version__, "cores": os.cpu_count()}
    report = {**place, "load_at_start": os.getloadavg()[0], "settings": given, "ours": [], "umap_learn": []}
    for seed in args.seeds:
        with tempfile.TemporaryDirectory() as folder:
            for name, side in (
                ("ours", lambda seed=seed, folder=folder: ours(parts, seed, Path(folder) / "run")),
                ("umap_learn", lambda seed=seed, folder=folder: theirs(args, seed, flat, Path(folder))),
            ):
                z, spent = side()
                report[name].append({"seed": seed, **spent, **scores(flat, label, z)})
                print(json.dumps({name: report[name][-1]}), flush=True)
    report |= {**compared(report["ours"], report["umap_learn"], args.test_rows)}
    side_by_side.finish(report, args)


if __name__ == "__main__":
    main()
