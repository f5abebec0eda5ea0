"""CPU time of an epoch through the package's own training path, over a bare PyTorch loop on the same tensors.

Both train the same VAE 784-400-20-400-784 with the same optimiser on the same 60,000 × 784 float32 rows, batch 512.
Our path has its progress bar, its logs and its checkpoint on. Validation is work that the bare loop doesn't do, so its
split is one batch: what it costs here is its machinery. The two run in turn in one process; the figure is the median
over rounds of the ratio of CPU times (all threads), each over whole epochs after a first one that warms up.
OpenMP's threads are told to sleep while they wait: by default they spin, which counts as CPU time but is no work.

    python benchmarks/training_overhead.py [--rounds 5] [--epochs 3] [--output FILE]
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when torch starts its threads

import numpy as np
import side_by_side
import torch
from lightning.pytorch import Callback, seed_everything

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import scale
from embedbench.encoders.mlp import MLP
from embedbench.paradigms.generative.vae import VAE
from embedbench.progress.step_display import steps_shown
from embedbench.run.fitting import fit, make_trainer

FEATURES, BATCH = 784, 512
LIMIT = 1.10


class Noise(EmbeddingDataModule):
    """Uniform noise: the time of a step doesn't depend on the values."""

    def __init__(self, train):
        super().__init__(batch_size=BATCH)
        self.train = train

    def load(self):
        x = np.random.default_rng(0).random((self.train + 2 * BATCH, FEATURES), dtype=np.float32)
        split = np.repeat(["train", "val", "test"], [self.train, BATCH, BATCH])
        return Source("tabular", x, None, (), scale(1), split)


class EpochTimes(Callback):
    """CPU seconds of each epoch, from the first epoch's start to the last one's end, validation included."""

    def __init__(self):
        self.marks = []

    def on_train_epoch_start(self, trainer, pl_module):
        self.marks.append(time.process_time())

    def on_train_end(self, trainer, pl_module):
        self.marks.append(time.process_time())


def model_of(data):
    seed_everything(0, verbose=False)
    return VAE(data.spec, latent_dim=20, encoder=lambda spec: MLP(spec, width=400, depth=1))


def ours(data, epochs):
    """Seconds a later epoch through the package."""
    model, times = model_of(data), EpochTimes()
    settings = {"max_epochs": epochs + 1, "val_check_interval": 100, "check_val_every_n_epoch": None}
    with tempfile.TemporaryDirectory() as folder, steps_shown("fit") as tell:
        trainer = make_trainer({**settings, "callbacks": [times]}, model, Path(folder), tell=tell)
        fit(trainer, model, data)
    return (times.marks[-1] - times.marks[1]) / epochs


def bare(data, epochs):
    """Seconds a later epoch of the plain loop."""
    model, x = model_of(data), data.tensors("train")[0]
    optimiser = torch.optim.AdamW(model.parameters(), lr=model.lr, weight_decay=model.weight_decay, fused=True)
    for epoch in range(epochs + 1):
        if epoch == 1:
            started = time.process_time()
        order = torch.randperm(len(x))
        for start in range(0, len(x), BATCH):
            index = order[start : start + BATCH]
            batch = x[index]
            optimiser.zero_grad()
            mean, log_var = model.to_posterior(model.encoder(batch)).chunk(2, dim=1)
            z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
            log_sigma = model.likelihood.log_sigma
            square = torch.nn.functional.mse_loss(model.decoder(z), batch, reduction="none").sum(1)
            log_p = -0.5 * torch.exp(-2 * log_sigma) * square - FEATURES * (log_sigma + 0.5 * 1.8378770664093453)
            kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1)
            loss = (kl - log_p).mean()
            loss.backward()
            optimiser.step()
    return (time.process_time() - started) / epochs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=60_000)
    args = side_by_side.arguments(parser, rows=2000, rounds=1, epochs=1)
    setting = side_by_side.setting(torch.get_num_threads(), "torch", "lightning")
    data = Noise(args.rows)
    assert data.rows["train"] == args.rows
    rounds = [{"bare": bare(data, args.epochs), "ours": ours(data, args.epochs)} for _ in range(args.rounds)]
    ratios = [r["ours"] / r["bare"] for r in rounds]
    steps = -(-args.rows // BATCH)
    overhead = [(r["ours"] - r["bare"]) / steps * 1e3 for r in rounds]
    report = {
        **setting,
        "ratio_median": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "milliseconds_a_step_median": statistics.median(overhead),
        "rounds": rounds,
    }
    broken = ["time"] if report["ratio_median"] > LIMIT else []
    side_by_side.finish({**report, "broken": broken}, args)


if __name__ == "__main__":
    main()
