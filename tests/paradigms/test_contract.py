"""What every file of conf/model promises: it fits, embeds finitely, repeats itself and survives the disk."""

import importlib

import pytest
import torch
from lightning.pytorch import seed_everything

from embedbench.catalog import load_yaml, names
from embedbench.paradigms.saved import load_weights, save_weights
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_embedder, make_trainer
from embedbench.run.scoring import embed_splits
from embedbench.run.store.embedding_cache import EmbeddingCache
from embedbench.types import SPLITS

pytestmark = pytest.mark.slow


def class_at(path):
    module, _, name = load_yaml(path)["class_path"].rpartition(".")
    return getattr(importlib.import_module(module), name)


CLASSES = {name: class_at(path) for name, path in sorted(names("conf/model").items())}
MODELS = list(CLASSES)


def fitted(request, folder, turned=False):
    parts = resolve(request)
    if turned:
        for split in SPLITS:
            label = parts.data.targets(split)
            label.copy_(label.flip(0))
    seed_everything(request["seed_everything"], verbose=False)
    model = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, folder)
    fit(trainer, model, parts.data)
    return parts, model, trainer


@pytest.fixture(scope="module", params=MODELS)
def once(request, fitting, tmp_path_factory):
    """A model's request, and what came of it once: to be read only."""
    asked = build_request([*fitting(request.param), "--threads", "1", "--trainer.max_steps", "4"])
    return asked, *fitted(asked, tmp_path_factory.mktemp(request.param))


def test_fits_embeds_and_repeats(once, tmp_path):
    request, parts, model, trainer = once
    z = embed_splits(trainer, model, parts.data)
    for split, rows in parts.data.rows.items():
        assert z[split].shape == (rows, model.latent_dim)
        assert z[split].dtype == torch.float32
        assert bool(z[split].isfinite().all())
    again, twin, other = fitted(request, tmp_path)
    assert torch.equal(embed_splits(other, twin, again.data)["test"], z["test"])


def test_survives_disk(once, tmp_path):
    request, parts, model, trainer = once
    save_weights(tmp_path, model)
    spec, weights = load_weights(tmp_path)
    assert spec == parts.data.spec
    restored = resolve(request).make_model(spec)
    restored.load_state_dict(weights)
    twin = make_embedder(parts.trainer)
    keepers = [EmbeddingCache(*one, parts.data, parts.config["model"]) for one in ((trainer, model), (twin, restored))]
    assert keepers[0].keys == keepers[1].keys  # what the run keeps is found by who uses it again
    assert sorted(keepers[0].keys) == sorted(SPLITS)
    assert torch.equal(embed_splits(twin, restored, parts.data)["val"], embed_splits(trainer, model, parts.data)["val"])


def test_embedding_follows_the_row_not_the_batch(once, monkeypatch):
    _, parts, model, trainer = once
    whole = embed_splits(trainer, model, parts.data)["test"]
    monkeypatch.setattr(parts.data, "batch_size", 7)
    torch.testing.assert_close(embed_splits(trainer, model, parts.data)["test"], whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    "once", [name for name in MODELS if CLASSES[name].kind != "supervised"], indirect=True, scope="module"
)
def test_only_supervised_models_see_labels(once, tmp_path):
    """Reversed labels change no bit of the weights of the others."""
    request, _, model, _ = once
    weights, others = model.state_dict(), fitted(request, tmp_path, turned=True)[1].state_dict()
    assert all(torch.equal(value, others[key]) for key, value in weights.items())


@pytest.mark.parametrize("paradigm", CLASSES.values(), ids=CLASSES)
def test_declares_itself(paradigm):
    kinds = {"supervised", "self_supervised", "generative", "relational", "clustering", "classical", "baseline"}
    assert paradigm.kind in kinds
    assert paradigm.fitting in {"none", "one_pass", "gradient"}
    assert paradigm.sees in {"x", "label"}
