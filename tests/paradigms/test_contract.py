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

MODELS = sorted(names("conf/model"))


def fitted(request, folder):
    parts = resolve(request)
    seed_everything(request["seed_everything"], verbose=False)
    model = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, folder)
    fit(trainer, model, parts.data)
    return parts, model, trainer


@pytest.mark.parametrize("name", MODELS)
def test_fits_embeds_and_repeats(name, request_of, tmp_path):
    request = request_of(name)
    parts, model, trainer = fitted(request, tmp_path / "one")
    z = embed_splits(trainer, model, parts.data)
    for split, rows in parts.data.rows.items():
        assert z[split].shape == (rows, model.latent_dim)
        assert z[split].dtype == torch.float32
        assert bool(z[split].isfinite().all())
    again, twin, other = fitted(request, tmp_path / "two")
    assert torch.equal(embed_splits(other, twin, again.data)["test"], z["test"])


@pytest.mark.parametrize("name", MODELS)
def test_survives_disk(name, request_of, tmp_path):
    request = request_of(name)
    parts, model, trainer = fitted(request, tmp_path)
    save_weights(tmp_path, model)
    spec, weights = load_weights(tmp_path)
    assert spec == parts.data.spec
    restored = resolve(request).make_model(spec)
    restored.load_state_dict(weights)
    twin = make_embedder(parts.trainer)
    assert torch.equal(embed_splits(twin, restored, parts.data)["val"], embed_splits(trainer, model, parts.data)["val"])


@pytest.mark.parametrize("name", MODELS)
def test_embedding_follows_the_row_not_the_batch(name, request_of, tmp_path):
    parts, model, _ = fitted(request_of(name), tmp_path)
    x, label = parts.data.tensors("test")
    seen = label if model.sees == "label" else x
    model.eval()
    with torch.no_grad():
        whole, parts_of = model.embed(seen).float(), torch.cat([model.embed(chunk).float() for chunk in seen.split(7)])
    torch.testing.assert_close(whole, parts_of, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_declares_itself(name, request_of):
    module, _, cls = request_of(name)["model"]["class_path"].rpartition(".")
    paradigm = getattr(importlib.import_module(module), cls)
    assert paradigm.kind in {"supervised", "generative", "classical", "baseline"}
    assert paradigm.fitting in {"none", "one_pass", "gradient"}
    assert paradigm.sees in {"x", "label"}
