"""The VAE 784-400-20-400-784 on Fashion-MNIST, trained by this package and by pythae's own trainer, in turn.

Both sides get the same 54,000 train and 6,000 validation rows, the same first weights, the same order of rows in each
epoch, Adam with the same learning rate, the same number of epochs, two threads, and keep the weights that are best on
validation. Two likelihoods: bernoulli on binarised pixels, gaussian with one learned σ (pythae has none: a subclass of
its VAE with that loss, under its own trainer). Noise is each side's own.

Held-out ELBO: both weights are scored by one estimator on the 10,000 test rows (analytic KL, mean of 20 draws); the
figure is the difference of the means over rounds. Speed: train rows over the median seconds of an epoch after the
first, validation included; the figure is the median over rounds of ours over pythae's. The sides take turns in going
first. Ours has its progress bar (drawn in a terminal only, as always), logs and checkpoint on; pythae's trainer has its
defaults.

pythae needs an environment of its own (`python -m venv peer && peer/bin/pip install torch pythae`):

    python benchmarks/vae_against_pythae.py --peer-python peer/bin/python [--rounds 3] [--epochs 15] [--output FILE]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import side_by_side
import torch
from lightning.pytorch import Callback, seed_everything
from pythae_peer import HIDDEN, LATENT, Orders
from torch.utils.data import DataLoader

from embedbench.data.images.fashion_mnist import FashionMNIST
from embedbench.encoders.mlp import MLP
from embedbench.paradigms.generative.vae import VAE
from embedbench.progress.step_display import steps_shown
from embedbench.run.fitting import fit, make_trainer

BATCH, LR, THREADS, DRAWS = 512, 1e-3, 2, 20
PEER = Path(__file__).with_name("pythae_peer.py")
ELBO_LIMIT, SPEED_LIMIT = 0.005, 1.2
LIKELIHOODS = ("bernoulli", "gaussian")


class Ordered(FashionMNIST):
    """Fashion-MNIST in prescribed orders."""

    def __init__(self, binary, seed, rows):
        super().__init__(binary=binary, batch_size=BATCH, **rows)
        self.seed = seed

    def train_dataloader(self):
        usual = super().train_dataloader()
        sampler = Orders(len(usual.dataset), self.seed)
        return DataLoader(usual.dataset, batch_size=BATCH, sampler=sampler, collate_fn=usual.collate_fn)


class Clock(Callback):
    """Wall-clock time at the start of each epoch and at the end."""

    def __init__(self):
        self.marks = []

    def on_train_epoch_start(self, trainer, pl_module):
        self.marks.append(time.perf_counter())

    def on_train_end(self, trainer, pl_module):
        self.on_train_epoch_start(trainer, pl_module)


def layers(model):
    """The four linear layers in the order in which data pass them."""
    linear = torch.nn.Linear
    encoder, decoder = ([m for m in part.modules() if isinstance(m, linear)] for part in (model.encoder, model.decoder))
    return [*encoder, model.to_posterior, *decoder]


def make_model(data, likelihood, seed):
    seed_everything(seed, verbose=False)
    encoder = lambda spec: MLP(spec, width=HIDDEN, depth=1)  # noqa: E731
    return VAE(data.spec, LATENT, encoder, likelihood=likelihood, lr=LR, weight_decay=0.0)


def ours(data, model, epochs):
    """Trains the model; seconds per epoch."""
    clock = Clock()
    settings = {"max_epochs": epochs, "callbacks": [clock], "accelerator": "cpu", "devices": 1}
    with tempfile.TemporaryDirectory() as folder, steps_shown("fit") as tell:
        trainer = make_trainer(settings, model, Path(folder), tell=tell)
        fit(trainer, model, data)
    assert trainer.train_dataloader.sampler.epoch == epochs  # else the orders of rows wouldn't be those of the peer
    return statistics.median(np.diff(clock.marks)[1:].tolist())


def peer(python, folder, arrays, weights, likelihood, seed, epochs):
    """Seconds an epoch of pythae's trainer; its best weights lie in peer.npz."""
    job = {
        "data": str(arrays),
        "weights": str(weights),
        "result": str(folder / "peer.npz"),
        "likelihood": likelihood,
        "seed": seed,
        "epochs": epochs,
        "batch": BATCH,
        "lr": LR,
        "threads": THREADS,
    }
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf8")
    done = subprocess.run([python, PEER, path], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pythae's side failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().rsplit("\n", 1)[-1])["seconds_an_epoch"]


def load(model, path):
    """Puts saved weights into a model of ours."""
    with np.load(path) as saved, torch.no_grad():
        for number, layer in enumerate(layers(model)):
            layer.weight.copy_(torch.from_numpy(saved[f"weight{number}"]))
            layer.bias.copy_(torch.from_numpy(saved[f"bias{number}"]))
        if hasattr(model.likelihood, "scaled_log_sigma"):
            model.likelihood.scaled_log_sigma.fill_(float(saved["scaled_log_sigma"]))
    return model


def save(model, path):
    found = {f"weight{i}": layer.weight.detach().numpy() for i, layer in enumerate(layers(model))}
    np.savez(path, **found, **{f"bias{i}": layer.bias.detach().numpy() for i, layer in enumerate(layers(model))})


def elbo(model, data):
    """Mean over the test rows, in nats."""
    x = data.tensors("test")[0]
    model.eval()
    with torch.inference_mode():
        parts = [model.row_scores(rows, torch.arange(len(rows)), DRAWS, 0)["elbo"] for rows in x.split(500)]
    return float(torch.cat(parts).mean())


def difference(found):
    """Of the two ELBOs, as a share of pythae's."""
    return abs(found["ours"] - found["pythae"]) / abs(found["pythae"])


def compare(likelihood, args):
    found = []
    for seed in range(args.rounds):
        data = Ordered(likelihood == "bernoulli", seed, side_by_side.FEW if args.tiny else {})
        model = make_model(data, likelihood, seed)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            arrays, weights = folder / "data.npz", folder / "start.npz"
            np.savez(arrays, train=data.tensors("train")[0].numpy(), val=data.tensors("val")[0].numpy())
            save(model, weights)
            theirs = partial(peer, args.peer_python, folder, arrays, weights, likelihood, seed, args.epochs)
            sides = [("ours", partial(ours, data, model, args.epochs)), ("pythae", theirs)]
            seconds = {side: train() for side, train in (sides if seed % 2 == 0 else reversed(sides))}
            learned = load(make_model(data, likelihood, seed), folder / "peer.npz")
        rows = data.rows["train"]
        one = {"elbo": {"ours": elbo(model, data), "pythae": elbo(learned, data)}}
        one["samples_per_second"] = {side: round(rows / value) for side, value in seconds.items()}
        one["ratio"] = seconds["pythae"] / seconds["ours"]
        print(f"{likelihood} round {seed}: {json.dumps(one)}", flush=True)
        found.append(one)
    mean = {side: statistics.fmean(one["elbo"][side] for one in found) for side in ("ours", "pythae")}
    return {
        "elbo_mean": mean,
        "elbo_difference": difference(mean),
        "elbo_difference_worst_round": max(difference(one["elbo"]) for one in found),
        "speed_ratio_median": statistics.median(one["ratio"] for one in found),
        "rounds": found,
    }


def broken(report):
    """Bounds that don't hold."""
    bad = []
    for likelihood in LIKELIHOODS:
        one = report[likelihood]
        bad += [f"{likelihood}: ELBO"] if one["elbo_difference"] > ELBO_LIMIT else []
        bad += [f"{likelihood}: speed"] if one["speed_ratio_median"] < SPEED_LIMIT else []
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable, help="of an environment with pythae (this one)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15)
    args = side_by_side.arguments(parser, rounds=1, epochs=2)
    torch.set_num_threads(THREADS)
    report = {
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "load_at_start": os.getloadavg()[0],
        "bar_drawn": sys.stderr.isatty(),
        "epochs": args.epochs,
        "elbo_limit": ELBO_LIMIT,
        "speed_limit": SPEED_LIMIT,
    }
    for likelihood in LIKELIHOODS:
        report[likelihood] = compare(likelihood, args)
    side_by_side.finish({**report, "broken": broken(report)}, args)


if __name__ == "__main__":
    main()
