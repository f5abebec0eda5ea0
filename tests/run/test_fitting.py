"""Trainers: the budget, the best weights, and settings that Lightning refuses."""

import re

import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.loggers import CSVLogger

from embedbench.errors import UsageError
from embedbench.request.resolve import resolve
from embedbench.run import fitting
from embedbench.run.fitting import fit, make_embedder, make_trainer


def prepared(request, folder):
    parts = resolve(request)
    seed_everything(request["seed_everything"], verbose=False)
    model = parts.make_model(parts.data.spec)
    return parts, model, make_trainer(parts.trainer, model, folder)


@pytest.mark.parametrize("last", [False, True])
def test_best_weights_on_validation_are_restored_unless_the_last_are_kept(last, request_of, tmp_path):
    """The last ones are worse: after 20 of 30 steps all are doubled, which ten more don't make good."""
    more = ["--trainer.max_steps", "30", "--trainer.val_check_interval", "2"]
    parts, model, trainer = prepared(request_of("autoencoder", *more), tmp_path)
    losses = []

    def spoil(*_):
        if trainer.global_step == 20:
            with torch.no_grad():
                for weight in model.parameters():
                    weight.mul_(2)

    model.on_train_batch_start = spoil
    model.on_validation_end = lambda: losses.append(error_of(model, parts.data))
    fitted = fit(trainer, model, parts.data, last=last)
    best = 2 * (1 + losses.index(min(losses)))
    assert len(losses) == 15
    assert losses[-1] > 2 * min(losses)
    assert error_of(model, parts.data) == pytest.approx(losses[-1] if last else min(losses), rel=1e-5)
    assert fitted.steps == {"steps": 30, "weights_step": 30 if last else best, "best_step": best}


def error_of(model, data):
    """The auto-encoder's loss on the validation rows, by hand."""
    with torch.no_grad():
        x, _ = data.tensors("val")
        return float((model.decoder(model.embed(x)) - x).square().flatten(1).sum(1).mean())


@pytest.mark.parametrize(("steps", "interval", "checks"), [(4, 100, 1), (7, 3, 2), (6, 3, 2)])
def test_budget_in_steps_ends_with_a_validation(steps, interval, checks, request_of, tmp_path):
    more = ["--trainer.max_steps", str(steps), "--trainer.val_check_interval", str(interval)]
    parts, model, trainer = prepared(request_of("autoencoder", *more), tmp_path)
    count = []
    model.on_validation_end = lambda: count.append(trainer.global_step)
    fitted = fit(trainer, model, parts.data)
    assert trainer.global_step == steps
    assert len(count) == checks
    assert fitted.notes == []
    assert fitted.seconds > 0
    assert fitted.cpu_seconds > 0


def test_no_validation_is_said(request_of, tmp_path):
    parts, model, trainer = prepared(request_of("autoencoder", "--trainer.max_steps", "0"), tmp_path)
    assert fit(trainer, model, parts.data).notes == [
        "no validation took place within the budget: the last weights were scored"
    ]


def test_closed_form_takes_one_pass_whatever_the_budget(request_of, tmp_path):
    parts, model, trainer = prepared(request_of("pca", "--trainer.max_steps", "1"), tmp_path)
    fit(trainer, model, parts.data)
    x, _ = parts.data.tensors("train")
    torch.testing.assert_close(model.mean, x.flatten(1).mean(0), atol=1e-5, rtol=0)
    assert list(tmp_path.iterdir()) == []


def test_what_needs_no_fit_is_left_alone(request_of, tmp_path):
    parts, model, trainer = prepared(request_of("raw"), tmp_path)
    assert fit(trainer, model, parts.data) == (0.0, 0.0, [], {})
    assert trainer.global_step == 0


def test_loggers_of_the_user_come_along(request_of, tmp_path):
    asked = CSVLogger(tmp_path / "mine")
    parts = resolve(request_of("autoencoder"))
    model = parts.make_model(parts.data.spec)
    for logger, count in ((asked, 2), ([asked], 2), (True, 1), (None, 1)):
        assert len(make_trainer({"logger": logger}, model, tmp_path).loggers) == count


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_steps": -5}, "`max_steps` must be a non-negative integer"),
        ({"accelerator": "tpux"}, "accelerator='tpux'"),
        ({"devices": 0}, r"devices=0"),
        ({"max_time": "x"}, "is not a valid duration"),
    ],
)
def test_settings_that_lightning_refuses(settings, said):
    with pytest.raises(UsageError, match=f"--trainer is refused by Lightning: .*{said}"):
        make_embedder(settings)


def test_accelerator_whose_package_is_missing(monkeypatch):
    def absent(**_):
        raise ModuleNotFoundError("Requirement 'torch_xla>=1.13' not met. HINT: Try running `pip install -U torch_xla`")

    monkeypatch.setattr(fitting, "Trainer", absent)
    wanted = (
        "--trainer asks for what isn't installed here (Requirement 'torch_xla>=1.13' not met); "
        "give another accelerator or precision."
    )
    with pytest.raises(UsageError, match=re.escape(wanted)):
        make_embedder({"accelerator": "tpu"})


def test_what_lightning_says_of_a_cluster_is_a_sentence(monkeypatch):
    for name, value in {"SLURM_NTASKS": "2", "SLURM_JOB_NAME": "x"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="--trainer is refused by Lightning: You set `--ntasks=2`"):
        make_embedder({"accelerator": "cpu", "devices": 1})
