"""From a request to objects, and what is kept of it."""

from pathlib import Path

import pytest
import yaml
from lightning.pytorch.callbacks import EarlyStopping

from embedbench.encoders.conv import Conv
from embedbench.encoders.mlp import MLP
from embedbench.errors import UsageError
from embedbench.paradigms.generative.vae import VAE
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.text.vocabulary import Vocabulary

NOTED = '''
from embedbench.encoders.mlp import MLP


class Noted(MLP):
    """Has a note, which is a text or nothing."""

    def __init__(self, spec, note: str | None = None):
        super().__init__(spec)
        self.note = note
'''


def test_parts_are_what_was_asked(request_of):
    parts = resolve(request_of("vae", "--model.latent_dim", "3", "--model.lr", "1", "--suite.neighbors", "7"))
    model = parts.make_model(parts.data.spec)
    assert isinstance(model, VAE)
    assert (model.latent_dim, model.lr, type(model.lr)) == (3, 1.0, float)
    assert parts.data.rows == {"train": 270, "val": 30, "test": 60}
    assert parts.suite.protocol.neighbors == 7
    assert parts.trainer["max_steps"] == 4
    assert set(parts.trainer) == set(parts.config["trainer"])


@pytest.mark.parametrize("text", ["null", "~", "no", "2020", "&a", "?", "1e5"])
def test_texts_reach_the_data_as_they_are(text, request_of):
    """Where a text or nothing is taken, jsonargparse makes nothing of some of them."""
    parts = resolve(request_of("raw", "--data", "table", "--data.path", text, "--data.label", text))
    assert (parts.data.label, parts.data.path) == (text, Path(text))
    assert parts.config["data"]["init_args"]["label"] == text
    assert yaml.safe_load(yaml.safe_dump(parts.config))["data"]["init_args"]["path"] == text
    arrays = resolve(request_of("raw", "--data", "arrays", "--data.path", "x.npy", "--data.labels", text))
    assert arrays.data.labels == Path(text)


@pytest.mark.parametrize(("name", "kind"), [("Conv", Conv), ("MLP", MLP), ("embedbench.encoders.mlp.MLP", MLP)])
def test_encoder_by_name(name, kind, request_of):
    parts = resolve(request_of("vae", "--model.encoder", name, "--model.encoder.width", "16"))
    first, second = parts.make_model(parts.data.spec), parts.make_model(parts.data.spec)
    assert isinstance(first.encoder, kind)
    assert first.encoder is not second.encoder
    found = parts.config["model"]["init_args"]["encoder"]
    assert found["class_path"] == f"{kind.__module__}.{kind.__name__}"
    assert found["init_args"]["width"] == 16


@pytest.mark.parametrize("text", ["null", "~", "no", "2020"])
@pytest.mark.parametrize("how", ["apart", "as W&B writes it"])
def test_texts_reach_a_class_within_as_they_are(text, how, request_of, tmp_path, monkeypatch):
    (tmp_path / "noted.py").write_text(NOTED)
    monkeypatch.syspath_prepend(tmp_path)
    whole = {"class_path": "noted.Noted", "init_args": {"note": text}}
    apart = ("--model.encoder", "noted.Noted", "--model.encoder.note", text)
    parts = resolve(request_of("supervised", *(apart if how == "apart" else ("--model.encoder", str(whole)))))
    assert parts.make_model(parts.data.spec).encoder.note == text
    kept = yaml.safe_load(yaml.safe_dump(parts.config))
    assert kept["model"]["init_args"]["encoder"]["init_args"]["note"] == text
    assert resolve(kept).config == parts.config


@pytest.mark.parametrize(
    ("words", "longest"),
    [
        ((), 128),
        (("--model.encoder", "Bert", "--model.encoder.longest", "9"), 9),
        (("--model.encoder", "Pretrained"), 32),
    ],
)
def test_encoder_says_how_texts_are_read(words, longest, tiny_bert):
    path = ("--model.encoder.path", str(tiny_bert)) if "Pretrained" in words else ()
    texts = ("--data", "wordnet5k", "--data.train_rows", "200", "--data.test_rows", "60")
    parts = resolve(build_request(["--model", "supervised", *texts, *words, *path]))
    assert Vocabulary(parts.data.spec.vocabulary).longest == longest
    assert parts.make_model(parts.data.spec).latent_dim == 64


def test_configuration_makes_the_same_configuration(request_of):
    config = resolve(request_of("vae", "--model.encoder", "Conv")).config
    assert resolve(config).config == config
    assert config["model_name"] == "vae"
    assert config["seed_everything"] == 0


def test_class_without_arguments(request_of):
    parts = resolve(request_of("raw"))
    assert parts.make_model(parts.data.spec).latent_dim == 64
    assert parts.config["model"] == {"class_path": "embedbench.paradigms.baseline.raw.Raw", "init_args": {}}


def test_callbacks_are_built(request_of):
    callback = "[{class_path: EarlyStopping, init_args: {monitor: val/loss, patience: 2}}]"
    parts = resolve(request_of("vae", "--trainer.callbacks", callback))
    (built,) = parts.trainer["callbacks"]
    assert isinstance(built, EarlyStopping)
    assert built.patience == 2


def test_model_alone(request_of):
    request = request_of("vae", "--model.latent_dim", "3")
    spec = resolve(request).data.spec
    assert resolve(request).make_model(spec).latent_dim == 3
    with pytest.raises(UsageError, match=r"did you mean '--model[.]latent_dim'"):
        resolve(request_of("vae", "--model.latent_dm", "3"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--data.batch_size", "0"], "^--data.batch_size must be a whole number of at least 1, got 0.$"),
        (["--suite.neighbors", "0"], "^--suite.neighbors must be a whole number of at least 1, got 0"),
        (["--suite.metrics", "[clustering/nmj]"], "^unknown metric 'clustering/nmj'; did you mean 'clustering/nmi'"),
        (["--trainer.enable_checkpointing", "true"], "--trainer.enable_checkpointing is set by every run itself"),
    ],
)
def test_sentence_of_a_constructor_comes_through(args, said, request_of):
    with pytest.raises(UsageError, match=said):
        resolve(request_of("vae", *args))


def test_data_are_read_only_when_asked_for(tmp_path):
    request = build_request(["--model", "pca", "--data", "table", "--data.path", str(tmp_path / "none.csv")])
    parts = resolve(request)
    with pytest.raises(UsageError, match="there is no file"):
        _ = parts.data.spec
