"""Loss terms against closed forms, labels that don't fit, and losses that break."""

import csv
import math

import pytest
import torch
from lightning.pytorch import seed_everything
from torch.nn import functional

from embedbench.errors import RunError, UsageError
from embedbench.functional.gaussian import kl_standard_normal, log_normal
from embedbench.paradigms.baseline.label_oracle import LabelOracle
from embedbench.paradigms.classical.autoencoder import Autoencoder
from embedbench.paradigms.generative.vae import VAE
from embedbench.paradigms.supervised.supervised import Supervised
from embedbench.paradigms.supervised.supervised_contrastive import SupervisedContrastive
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

PLAIN = DataSpec("tabular", (6,), 50, "none")
CLASSES = DataSpec("tabular", (6,), 50, "classes", ("a", "b", "c"))
REAL = DataSpec("tabular", (6,), 50, "real", target_mean=3.0, target_sd=2.0)


def batch(label=None):
    torch.manual_seed(0)
    return Batch(torch.randn(8, 6), label, torch.arange(8))


def test_autoencoder_loss_is_the_squared_error_of_a_row():
    model, rows = Autoencoder(PLAIN, 2), batch()
    error = model.decoder(model.embed(rows.x)) - rows.x
    assert float(model.terms(rows)["reconstruction"]) == pytest.approx(float(error.square().sum()) / 8, rel=1e-5)


def test_denoising_autoencoder_sees_noise_in_training_alone():
    clean, noisy, rows = Autoencoder(PLAIN, 2), Autoencoder(PLAIN, 2, noise=0.7), batch()
    noisy.load_state_dict(clean.state_dict())
    torch.manual_seed(3)
    loss = float(noisy.terms(rows)["reconstruction"].detach())
    torch.manual_seed(3)
    error = clean.decoder(clean.embed(rows.x + 0.7 * torch.randn(8, 6))) - rows.x
    assert loss == pytest.approx(float(error.square().sum().detach()) / 8, rel=1e-5)
    assert torch.equal(noisy.eval().terms(rows)["reconstruction"], clean.terms(rows)["reconstruction"])
    with pytest.raises(UsageError, match="`noise` must be a number of at least 0, got -1"):
        Autoencoder(PLAIN, 2, noise=-1.0)


def test_vae_terms_are_the_parts_of_the_elbo():
    model, rows = VAE(PLAIN, 2), batch()
    torch.manual_seed(5)
    terms = model.terms(rows)
    mean, log_var = model.posterior(rows.x)
    torch.manual_seed(5)
    decoded = model.decoder(mean + (0.5 * log_var).exp() * torch.randn_like(mean))
    sigma = math.exp(float(model.likelihood.log_sigma))
    log_p = -0.5 * ((rows.x - decoded) / sigma).square() - math.log(sigma) - 0.5 * math.log(2 * math.pi)
    assert float(terms["reconstruction"]) == pytest.approx(-float(log_p.sum(1).mean()), rel=1e-5)
    assert float(terms["kl"]) == pytest.approx(float(kl_standard_normal(mean, log_var).mean()), rel=1e-6)
    assert torch.equal(model.embed(rows.x), mean)


def test_elbo_is_at_most_the_log_likelihood_of_its_own_model():
    model, rows = VAE(PLAIN, 2), batch()
    with torch.no_grad():
        elbo = -sum(
            float(torch.stack([model.terms(rows)[name] for _ in range(300)]).mean())
            for name in ("kl", "reconstruction")
        )
        z = torch.randn(100_000, 1, 2)
        log_p = [log_normal(x.expand(len(z), 6), model.decoder(z[:, 0]), model.likelihood.log_sigma) for x in rows.x]
        likelihood = torch.stack([torch.logsumexp(v, 0) - math.log(len(z)) for v in log_p]).mean()
    assert elbo < float(likelihood)


def test_supervised_classifies_or_regresses_by_the_label():
    rows = batch(torch.arange(8) % 3)
    model = Supervised(CLASSES, 4)
    wanted = functional.cross_entropy(model.head(model.embed(rows.x)), rows.label)
    assert torch.equal(model.terms(rows)["cross_entropy"], wanted)
    rows, model = batch(torch.randn(8)), Supervised(REAL, 4)
    wanted = (model.head(model.embed(rows.x))[:, 0] - rows.label).square().mean()
    assert torch.allclose(model.terms(rows)["squared_error"], wanted)


@pytest.mark.parametrize(("model", "spec"), [(Supervised, PLAIN), (SupervisedContrastive, REAL), (LabelOracle, PLAIN)])
def test_labels_of_the_wrong_kind_are_refused(model, spec):
    with pytest.raises(UsageError, match=r"needs class labels.*but the data have"):
        model(spec)


@pytest.mark.parametrize("arguments", [{"lr": 0.0}, {"weight_decay": -1.0}, {"latent_dim": 0}])
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(UsageError, match=next(iter(arguments))):
        Autoencoder(PLAIN, **arguments)


def test_temperature_out_of_range_is_refused():
    with pytest.raises(UsageError, match="temperature"):
        SupervisedContrastive(CLASSES, temperature=0.0)


def test_a_loss_that_breaks_stops_the_run_and_says_at_which_step(request_of, tmp_path):
    parts = resolve(request_of("autoencoder", "--trainer.max_steps", "30"))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    terms = model.terms
    model.terms = lambda b: {k: v * (math.nan if model.global_step == 7 else 1) for k, v in terms(b).items()}
    with pytest.raises(RunError, match=r"NaN or infinite at step 7; lower --model\.lr"):
        fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)


def test_the_best_weights_on_validation_are_restored(request_of, tmp_path):
    parts = resolve(request_of("autoencoder", "--trainer.max_steps", "12", "--trainer.val_check_interval", "1"))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    losses, states = [], []

    def forced(batch, number):
        # The loss is best at the fourth validation, whatever the model does.
        losses.append(0.1 if len(losses) == 3 else 1.0 + len(losses))
        states.append({k: v.clone() for k, v in model.state_dict().items()})
        return {"loss": torch.tensor(losses[-1])}, torch.tensor(1)

    model.held_out = forced
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    for name, value in model.state_dict().items():
        assert torch.equal(value, states[3][name])
    assert not torch.equal(states[3]["to_latent.bias"], states[-1]["to_latent.bias"])


def test_training_losses_are_logged_every_n_steps(request_of, tmp_path):
    arguments = ("--trainer.max_steps", "12", "--trainer.log_every_n_steps", "5")  # 3 steps an epoch
    parts = resolve(request_of("autoencoder", *arguments))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    losses, terms = [], model.terms
    model.terms = lambda b: losses.append(terms(b)) or losses[-1]
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    with (tmp_path / "history" / "metrics.csv").open(encoding="utf8") as file:
        rows = [row for row in csv.DictReader(file) if row["train/reconstruction"]]
    assert [int(row["step"]) for row in rows] == [4, 9]
    wanted = [float(losses[step]["reconstruction"].detach()) for step in (4, 9)]
    assert [float(row["train/reconstruction"]) for row in rows] == pytest.approx(wanted, rel=1e-6)
