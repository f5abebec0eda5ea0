"""Encoders from folders against transformers called by hand; clear words where a folder holds none."""

import json
import shutil
from itertools import pairwise

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, ViTConfig, ViTImageProcessor, ViTModel

from embedbench.encoders.hugging_face import ImageEncoder, Pretrained, TextEncoder
from embedbench.errors import UsageError
from embedbench.text.own_tokenizer import OwnTokenizer
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import DataSpec

TEXTS = ["a songbird", "the state of being a hydraulic brake", "", "x " * 100]


def ids(vocabulary):
    found, starts, _ = vocabulary.encode(TEXTS)
    rows = [torch.from_numpy(found[a:b]).long() for a, b in pairwise(starts)]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=vocabulary.pad)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_texts_become_what_transformers_makes_of_them(pooling, tiny_bert):
    vocabulary = Vocabulary(OwnTokenizer(str(tiny_bert), None).vocabulary([]))
    encoder = TextEncoder(str(tiny_bert), vocabulary, pooling).eval()
    tokenizer, model = AutoTokenizer.from_pretrained(tiny_bert), AutoModel.from_pretrained(tiny_bert).eval()
    with torch.no_grad():
        found = encoder(ids(vocabulary))
        for row, text in zip(found, TEXTS, strict=True):
            alone = tokenizer(text, return_tensors="pt", truncation=True)  # one text at a time: no padding
            states = model(input_ids=alone["input_ids"]).last_hidden_state[0]
            torch.testing.assert_close(row, states.mean(0) if pooling == "mean" else states[0], atol=1e-5, rtol=0)
    assert encoder.out_dim == found.shape[1] == 24


def test_longest_is_what_the_model_takes_unless_less_is_asked(tiny_bert):
    assert Vocabulary(OwnTokenizer(str(tiny_bert), None).vocabulary([])).longest == 32
    assert Vocabulary(OwnTokenizer(str(tiny_bert), 7).vocabulary([])).longest == 7
    with pytest.raises(UsageError, match=r"`longest` must be at most 32 for .*, got 33"):
        OwnTokenizer(str(tiny_bert), 33).vocabulary([])
    with pytest.raises(UsageError, match="`longest` must be 3 or more"):
        OwnTokenizer(str(tiny_bert), 2)


@pytest.fixture(scope="module")
def tiny_vit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny") / "vit"
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    ViTModel(ViTConfig(image_size=24, patch_size=8, **sizes), add_pooling_layer=False).save_pretrained(folder)
    mean, sd = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
    ViTImageProcessor(size={"height": 24, "width": 24}, image_mean=mean, image_std=sd).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_images_are_brought_to_what_the_model_knows(pooling, tiny_vit):
    encoder = ImageEncoder(str(tiny_vit), pooling).eval()
    x = torch.rand(3, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    model = AutoModel.from_pretrained(tiny_vit).eval()
    given = (x - torch.tensor([0.4, 0.5, 0.6])[:, None, None]) / torch.tensor([0.2, 0.25, 0.3])[:, None, None]
    with torch.no_grad():
        states = model(pixel_values=given).last_hidden_state
        wanted = states.mean(1) if pooling == "mean" else states[:, 0]
        torch.testing.assert_close(encoder(x), wanted, atol=1e-5, rtol=0)
        grey = encoder(x[:, :1, :8, :9])
        torch.testing.assert_close(grey, encoder(x[:, :1, :8, :9].expand(-1, 3, -1, -1)), atol=1e-5, rtol=0)
    assert grey.shape == (3, 16)


def test_tokenizer_of_another_model_is_refused(tiny_bert, tmp_path):
    folder = tmp_path / "mixed"
    shutil.copytree(tiny_bert, folder)
    config = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))
    config["model"]["vocab"] |= {f"more{i}": 320 + i for i in range(5)}
    (folder / "tokenizer.json").write_text(json.dumps(config), encoding="utf8")
    vocabulary = Vocabulary(OwnTokenizer(str(folder), None).vocabulary([]))
    with pytest.raises(UsageError, match="has 325 tokens and its model knows 320; give a folder whose tokenizer"):
        TextEncoder(str(folder), vocabulary, "mean")


def test_missing_files_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    spec = DataSpec("image", (1, 8, 8), 5, "none")
    with pytest.raises(UsageError, match=r"cannot load the tokenizer .* holds tokenizer\.json"):
        OwnTokenizer(str(tmp_path), None).vocabulary([])
    with pytest.raises(UsageError, match=r"cannot load the model .* holds config\.json and model\.safetensors"):
        Pretrained(spec, str(tmp_path))
    with pytest.raises(UsageError, match="the data are a table; choose another"):
        Pretrained(spec._replace(modality="tabular"), str(tmp_path))


def test_pickled_weights_are_never_loaded(tiny_bert, tmp_path):
    folder = shutil.copytree(tiny_bert, tmp_path / "bert")
    torch.save(AutoModel.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    vocabulary = Vocabulary(OwnTokenizer(str(folder), None).vocabulary([]))
    with pytest.raises(UsageError, match=r"cannot load the model .*; give .* holds config.json and model.safetensors"):
        TextEncoder(str(folder), vocabulary, "mean")


def test_further_training_reaches_every_weight_but_the_pooler(tiny_bert):
    vocabulary = OwnTokenizer(str(tiny_bert), None).vocabulary([])
    encoder = Pretrained(DataSpec("text", (), 5, "none", vocabulary=vocabulary), str(tiny_bert))
    assert all(part.training for part in encoder.modules())
    encoder(ids(Vocabulary(vocabulary))).square().sum().backward()
    for name, weight in encoder.named_parameters():
        assert (weight.grad is not None) == ("pooler" not in name) == weight.requires_grad, name
