"""Losses on validation rows: every model draws the same each time, and batches count by their rows."""

import pytest
import torch

from embedbench.catalog import names
from embedbench.paradigms.held_out import HeldOut
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer


@pytest.mark.parametrize("model", ["vae", "iwae", "contrastive", "neighbor_embedding", "masked_image", "vade"])
def test_nothing_but_the_numbers_of_rows_decides_what_is_drawn(model, request_for, tmp_path):
    parts = resolve(request_for(model))
    made = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, made, tmp_path), made.train(), parts.data)
    made.eval()
    batch = next(iter(parts.data.val_dataloader()))
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        with torch.no_grad():
            found.append({name: float(value) for name, value in made.held_out(batch, 0)[0].items()})
        assert torch.equal(torch.rand(3), torch.rand(3, generator=torch.Generator().manual_seed(seed)))
    assert found[0] == found[1]


def test_loss_is_the_mean_over_rows_of_all_batches(request_of, tmp_path):
    """30 validation rows in batches of 8: the last, of 6, counts for less."""
    parts = resolve(request_of("autoencoder", "--data.batch_size", "8"))
    made = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, made, tmp_path)
    trainer.fit(made, datamodule=parts.data)
    logged = float(trainer.callback_metrics["val/loss"])
    x = parts.data.tensors("val")[0]
    assert len(x) % 8
    with torch.no_grad():
        error = (made.eval().decoder(made.embed(x)) - x).square().flatten(1).sum(1)
    assert logged == pytest.approx(float(error.mean()), rel=1e-5)


def test_overfitting_a_batch_validates_on_it(request_of, tmp_path):
    """There Lightning puts a sampler of its own in the place of ours."""
    parts = resolve(request_of("autoencoder", "--data.batch_size", "8", "--trainer.overfit_batches", "1"))
    made = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, made, tmp_path)
    trainer.fit(made, datamodule=parts.data)
    assert torch.isfinite(trainer.callback_metrics["val/loss"])


def test_models_of_gradient_steps_have_such_a_loss():
    from embedbench.catalog import class_at, load_yaml

    found = [class_at(load_yaml(path)["class_path"]) for path in names("conf/model").values()]
    learned = [one for one in found if one.fitting == "gradient"]
    assert len(learned) > 15
    assert all(issubclass(one, HeldOut) for one in learned)
