"""Weights on disk, and a run's model made of them."""

import json

import pytest
import torch
import yaml
from safetensors.torch import save_file

from embedbench.data.preprocessing import PREPROCESSING, load_preprocessing
from embedbench.errors import UsageError
from embedbench.paradigms.baseline.raw import Raw
from embedbench.paradigms.saved import WEIGHTS, RunTokenizer, load_run, load_weights, save_weights
from embedbench.request.options import Options
from embedbench.request.resolve import resolve
from embedbench.run.execute import execute
from embedbench.text.vocabulary import Vocabulary, learn_words
from embedbench.types import DataSpec


@pytest.mark.parametrize("name", ["vae", "raw"])
def test_weights_and_spec_come_back(name, request_of, tmp_path):
    parts = resolve(request_of(name))
    model = parts.make_model(parts.data.spec)
    save_weights(tmp_path, model)
    spec, weights = load_weights(tmp_path)
    assert spec == parts.data.spec
    assert weights.keys() == model.state_dict().keys()
    assert all(torch.equal(value, weights[key]) for key, value in model.state_dict().items())


def test_every_field_of_a_spec_comes_back(tmp_path):
    spec = DataSpec("tabular", (9,), 50, "classes", ("a", "b"), low=-1.5, categories=(3, 2))
    save_weights(tmp_path, Raw(spec))
    assert load_weights(tmp_path)[0] == spec


def test_folder_without_weights(tmp_path):
    with pytest.raises(UsageError, match=f"holds no {WEIGHTS}; give the folder of a finished run"):
        load_weights(tmp_path)


def test_torn_weights(tmp_path):
    (tmp_path / WEIGHTS).parent.mkdir()
    (tmp_path / WEIGHTS).write_bytes(b"torn")
    with pytest.raises(UsageError, match=r"cannot read .*model.safetensors"):
        load_weights(tmp_path)


SPEC = {"modality": "tabular", "shape": [3], "n_rows": 5, "target": "none"}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (None, "it keeps no spec of the data"),
        ({}, "it keeps no spec of the data"),
        ({"spec": ""}, "Expecting value"),
        ({"spec": "[" * 100_000}, "cannot read"),
        ({"spec": "[]"}, "DataSpec must be a mapping, got list"),
        ({"spec": json.dumps({**SPEC, "shape": "3"})}, "DataSpec.shape can't be '3'"),
        ({"spec": json.dumps({**SPEC, "shape": [0]})}, "can't have the shape"),
        ({"spec": json.dumps({**SPEC, "shape": [2**40]})}, "can't have the shape"),
        ({"spec": json.dumps({**SPEC, "modality": "sound"})}, "DataSpec.modality can't be 'sound'"),
        ({"spec": json.dumps({**SPEC, "odd": 1})}, "DataSpec.odd is unknown"),
        ({"spec": json.dumps({"modality": "tabular"})}, "DataSpec.n_rows is missing"),
    ],
)
def test_weights_that_say_something_else(told, message, tmp_path):
    (tmp_path / WEIGHTS).parent.mkdir()
    save_file({"w": torch.zeros(2)}, tmp_path / WEIGHTS, told)
    with pytest.raises(UsageError, match=message):
        load_weights(tmp_path)


def test_weights_that_are_no_numbers(tmp_path):
    (tmp_path / WEIGHTS).parent.mkdir()
    save_file({"w": torch.tensor([1.0, torch.nan])}, tmp_path / WEIGHTS, {"spec": json.dumps(SPEC)})
    with pytest.raises(UsageError, match="holds NaN or infinite numbers in 'w'"):
        load_weights(tmp_path)


@pytest.mark.parametrize("text", ["{}", "x", '{"tokenizer": {}, "roles": {}, "longest": null, "counts": []}'])
def test_vocabulary_that_is_none(text):
    with pytest.raises(UsageError, match="the vocabulary of a run can't be read"):
        Vocabulary(text)


@pytest.fixture
def run(request_for, tmp_path):
    def make(model, *more):
        execute(request_for(model, "--suite.metrics", "[probe]", *more), Options(tmp_path, run_id=model, quiet=True))
        return tmp_path / model

    return make


def test_run_embeds_as_it_did(run, tmp_path):
    folder = run("vae", "--model.encoder", "MLP", "--model.encoder.width", "24")
    spec, weights = load_weights(folder)
    model = load_run(folder, spec)
    assert model.encoder.out_dim == 24
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_run_on_other_rows(run):
    with pytest.raises(UsageError, match=r"takes image rows of shape \(1, 8, 8\), but the data are tabular rows"):
        load_run(run("pca"), DataSpec("tabular", (13,), 50, "none"))


def test_run_that_embeds_labels(run):
    folder = run("label_oracle")
    with pytest.raises(UsageError, match="embeds labels, not rows"):
        load_run(folder, load_weights(folder)[0])


def test_configuration_that_no_longer_fits(run):
    folder = run("pca")
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["model"]["init_args"] = {"latent_dim": 3}
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(UsageError, match=r"can't be used again \(.*components.*\); make it anew"):
        load_run(folder, load_weights(folder)[0])


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (
            {"init_args": {"latent_dim": "x"}},
            r"config.yaml: model.latent_dim must be a whole number of at",
        ),
        ({"init_args": {"latent_dm": 3}}, r"unknown key '.*config.yaml: model.latent_dm'; did you mean"),
        ({"class_path": None}, r"config.yaml: model must name a class by class_path"),
        ({"class_path": "os.path"}, r"config.yaml: model names 'os.path', whose code is not run unasked"),
        ({"init_args": {"encoder": {"class_path": "os.X"}}}, r"names 'os.X', whose code is not run unasked"),
    ],
)
def test_configuration_of_another_model(group, said, run):
    """Refused as that of a run is, and nothing that it names is imported unasked, classes within neither."""
    folder = run("vae", "--model.encoder", "MLP")
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["model"] |= group
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(UsageError, match=said):
        load_run(folder, load_weights(folder)[0])


def test_texts_are_read_as_the_run_read_them(tmp_path):
    words = learn_words(["one two two"], 1, None)
    save_weights(tmp_path, Raw(DataSpec("text", (), 5, "none", vocabulary=words)))
    assert RunTokenizer(tmp_path).vocabulary(["other texts"]) == words


def test_run_that_reads_no_texts(tmp_path):
    save_weights(tmp_path, Raw(DataSpec("tabular", (3,), 5, "none")))
    with pytest.raises(UsageError, match="reads no texts, but the data are"):
        RunTokenizer(tmp_path).vocabulary(["a text"])


@pytest.mark.parametrize("read", [load_weights, load_preprocessing])
def test_file_that_may_not_be_read_is_called_so(read, tmp_path, forbidden):
    """The library that reads them says that there is none."""
    for name in (WEIGHTS, PREPROCESSING):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        forbidden(tmp_path / name, "open")
    with pytest.raises(UsageError, match=r"cannot read \S*\.safetensors: Permission denied; give a file that can be"):
        read(tmp_path)
