"""The side of `vae_against_pythae.py` that runs in pythae's own environment: the same network, trained by its trainer.

python pythae_peer.py JOB.json    (written and started by vae_against_pythae.py)
"""

import json
import math
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch
from torch import nn

HIDDEN, LATENT, PIXELS = 400, 20, 784
PACE = 10  # log σ moves ten times as fast as a weight, as in embedbench


class Orders(torch.utils.data.Sampler):
    """The same permutation of the rows in the same epoch, whoever trains."""

    def __init__(self, rows, seed):
        self.rows, self.seed, self.epoch = rows, seed, 0

    def __len__(self):
        return self.rows

    def __iter__(self):
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.rows)
        self.epoch += 1
        return iter(order.tolist())


def make_model(likelihood):
    """Pythae's VAE with an MLP 784-400-20-400-784; for the gaussian with a learned σ beside its own loss."""
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.hidden, self.posterior = nn.Linear(PIXELS, HIDDEN), nn.Linear(HIDDEN, 2 * LATENT)

        def forward(self, x):
            mean, log_var = self.posterior(torch.relu(self.hidden(x.flatten(1)))).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_var)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = nn.Linear(LATENT, HIDDEN), nn.Linear(HIDDEN, PIXELS)

        def forward(self, z):
            out = self.out(torch.relu(self.hidden(z)))
            return ModelOutput(reconstruction=out.sigmoid() if likelihood == "bernoulli" else out)

    class SigmaVAE(VAE):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.scaled_log_sigma = nn.Parameter(torch.zeros(()))

        def loss_function(self, recon_x, x, mu, log_var, z):
            # σ outside the sums: no more work over the pixels than pythae's own squared error does.
            log_sigma = PACE * self.scaled_log_sigma
            square = nn.functional.mse_loss(recon_x, x.flatten(1), reduction="none").sum(1)
            recon = 0.5 * torch.exp(-2 * log_sigma) * square + PIXELS * (log_sigma + 0.5 * math.log(2 * math.pi))
            kld = -0.5 * (1 + log_var - mu.square() - log_var.exp()).sum(1)
            return (recon + kld).mean(), recon.mean(), kld.mean()

    loss = "bce" if likelihood == "bernoulli" else "mse"
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=LATENT, reconstruction_loss=loss)
    kind = VAE if likelihood == "bernoulli" else SigmaVAE
    return kind(config, encoder=Encoder(), decoder=Decoder())


def layers(model):
    """The four linear layers in the order in which data pass them."""
    return [model.encoder.hidden, model.encoder.posterior, model.decoder.hidden, model.decoder.out]


def make_trainer(job, model, datasets, folder):
    """Its own trainer, with our order of the rows and a clock."""
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class Clock(TrainingCallback):
        marks = []  # noqa: RUF012 (one trainer a process)

        def on_epoch_begin(self, training_config, **kwargs):
            self.marks.append(time.perf_counter())

        def on_train_end(self, training_config, **kwargs):
            self.marks.append(time.perf_counter())

    class Ordered(BaseTrainer):
        def get_train_dataloader(self, train_dataset):
            usual = super().get_train_dataloader(train_dataset)
            sampler, collate = Orders(len(train_dataset), job["seed"]), usual.collate_fn
            return torch.utils.data.DataLoader(
                train_dataset, batch_size=usual.batch_size, sampler=sampler, collate_fn=collate
            )

    config = BaseTrainerConfig(
        output_dir=folder,
        num_epochs=job["epochs"],
        learning_rate=job["lr"],
        per_device_train_batch_size=job["batch"],
        per_device_eval_batch_size=job["batch"],
        seed=job["seed"],
        no_cuda=True,
    )
    trainer = Ordered(model, *datasets, training_config=config, callbacks=[Clock()])
    # Its sanity check takes one batch from the sampler, whose epochs are counted: they start anew.
    trainer.train_loader.sampler.epoch = 0
    return trainer, Clock.marks


def train(job):
    from pythae.data.datasets import BaseDataset

    torch.set_num_threads(job["threads"])
    model = make_model(job["likelihood"])
    with np.load(job["weights"]) as start, torch.no_grad():
        for number, layer in enumerate(layers(model)):
            layer.weight.copy_(torch.from_numpy(start[f"weight{number}"]))
            layer.bias.copy_(torch.from_numpy(start[f"bias{number}"]))
    data = np.load(job["data"])
    datasets = [BaseDataset(torch.from_numpy(data[part]), torch.zeros(len(data[part]))) for part in ("train", "val")]
    with tempfile.TemporaryDirectory() as folder:
        trainer, marks = make_trainer(job, model, datasets, folder)
        trainer.train()
    assert trainer.train_loader.sampler.epoch == job["epochs"]  # else the orders of rows wouldn't be ours
    best = trainer._best_model
    sigma = float(getattr(best, "scaled_log_sigma", torch.zeros(())))
    out = {f"weight{i}": layer.weight.detach().numpy() for i, layer in enumerate(layers(best))}
    out |= {f"bias{i}": layer.bias.detach().numpy() for i, layer in enumerate(layers(best))}
    np.savez(job["result"], scaled_log_sigma=sigma, **out)
    print(json.dumps({"seconds_an_epoch": statistics.median(np.diff(marks)[1:].tolist()), "epochs": len(marks) - 1}))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf8") as file:
        train(json.load(file))
