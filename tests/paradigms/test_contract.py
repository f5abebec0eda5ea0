"""What every file of conf/model promises: it fits, embeds finitely, repeats itself and survives the disk."""

import importlib

import pytest
import torch
from lightning.pytorch import seed_everything

from embedbench.catalog import names
from embedbench.experiment.fitting import fit, make_embedder, make_trainer
from embedbench.experiment.folder import load_weights, save_weights
from embedbench.experiment.resolve import resolve
from embedbench.experiment.scoring import embed_splits
from embedbench.types import SPLITS

MODELS = sorted(names("conf/model"))


def fitted(request, folder, turned=False):
    parts = resolve(request)
    if turned:
        for split in SPLITS:
            label = parts.data.tensors(split)[1]
            label.copy_(label.flip(0))
    seed_everything(request["seed_everything"], verbose=False)
    model = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, folder)
    fit(trainer, model, parts.data)
    return parts, model, trainer


@pytest.mark.parametrize("name", MODELS)
def test_fits_embeds_and_repeats(name, request_for, tmp_path):
    request = request_for(name)
    parts, model, trainer = fitted(request, tmp_path / "one")
    z = embed_splits(trainer, model, parts.data)
    for split, rows in parts.data.rows.items():
        assert z[split].shape == (rows, model.latent_dim)
        assert z[split].dtype == torch.float32
        assert bool(z[split].isfinite().all())
    again, twin, other = fitted(request, tmp_path / "two")
    assert torch.equal(embed_splits(other, twin, again.data)["test"], z["test"])


@pytest.mark.parametrize("name", MODELS)
def test_survives_disk(name, request_for, tmp_path):
    request = request_for(name)
    parts, model, trainer = fitted(request, tmp_path)
    save_weights(tmp_path, model)
    spec, weights = load_weights(tmp_path)
    assert spec == parts.data.spec
    restored = resolve(request).make_model(spec)
    restored.load_state_dict(weights)
    twin = make_embedder(parts.trainer)
    assert torch.equal(embed_splits(twin, restored, parts.data)["val"], embed_splits(trainer, model, parts.data)["val"])


@pytest.mark.parametrize("name", MODELS)
def test_embedding_follows_the_row_not_the_batch(name, request_for, tmp_path):
    parts, model, _ = fitted(request_for(name), tmp_path)
    x, label = parts.data.tensors("test")
    seen = label if model.sees == "label" else x
    model.eval()
    with torch.no_grad():
        whole, parts_of = model.embed(seen).float(), torch.cat([model.embed(chunk).float() for chunk in seen.split(7)])
    torch.testing.assert_close(whole, parts_of, atol=1e-5, rtol=1e-5)


def class_of(request):
    module, _, name = request["model"]["class_path"].rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("name", MODELS)
def test_only_supervised_models_see_labels(name, request_for, tmp_path):
    """Reversed labels change no bit of the weights of the others."""
    request = request_for(name)
    if class_of(request).kind == "supervised":
        pytest.skip("sees labels")
    weights, others = (fitted(request, tmp_path / str(turned), turned)[1].state_dict() for turned in (False, True))
    assert all(torch.equal(value, others[key]) for key, value in weights.items())


@pytest.mark.parametrize("name", MODELS)
def test_declares_itself(name, request_for):
    paradigm = class_of(request_for(name))
    assert paradigm.kind in {"supervised", "self_supervised", "generative", "classical", "baseline"}
    assert paradigm.fitting in {"none", "one_pass", "gradient"}
    assert paradigm.sees in {"x", "label"}
