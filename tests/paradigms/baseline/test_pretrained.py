"""A frozen encoder: its embeddings are made once, and anew where a row or a weight has changed."""

import os

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from embedbench.data.texts.wordnet5k import WordNet5k
from embedbench.evaluation.given.external import evaluate
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.baseline.pretrained import FrozenEncoder
from embedbench.run.fitting import make_embedder
from embedbench.run.scoring import embed_splits
from embedbench.run.store.embedding_cache import EmbeddingCache
from embedbench.text.own_tokenizer import OwnTokenizer

ALL = 4  # batches: 180 train rows make two, 20 of val and 50 of test one each
CPU = {"accelerator": "cpu", "devices": 1}


def definitions(path, **arguments):
    data = WordNet5k(**arguments)
    data.reader = OwnTokenizer(str(path), None)
    return data


@pytest.fixture
def embedded(tmp_path, monkeypatch):
    """Embeds all splits, and gives the number of batches that the encoder saw on the way."""
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path))

    def embed(model, data):
        seen = []
        model.encoder.register_forward_pre_hook(lambda module, given: seen.append(len(given[0])))
        trainer = make_embedder(CPU)
        keeper = EmbeddingCache(trainer, model, data, {})
        z = embed_splits(trainer, model, data, keeper.read())
        keeper.write(z)
        return z, len(seen)

    return embed


def test_second_time_nothing_is_embedded(tiny_bert, embedded):
    few = {"train_rows": 200, "test_rows": 50}
    data = definitions(tiny_bert, **few)
    first, batches = embedded(FrozenEncoder(data.spec, str(tiny_bert)), data)
    assert batches == ALL
    again, batches = embedded(FrozenEncoder(data.spec, str(tiny_bert)), definitions(tiny_bert, **few))
    assert batches == 0
    assert all(torch.equal(again[split], first[split]) for split in first)


def test_a_changed_text_or_weight_or_pooling_is_embedded_anew(tiny_bert, embedded):
    few = {"train_rows": 200, "test_rows": 50}
    data = definitions(tiny_bert, **few)
    first, _ = embedded(FrozenEncoder(data.spec, str(tiny_bert)), data)

    changed = definitions(tiny_bert, **few)
    changed.texts("val")[3] = "indeed"
    second, batches = embedded(FrozenEncoder(data.spec, str(tiny_bert)), changed)
    assert batches == 1
    assert (second["val"] != first["val"]).any(1).nonzero()[:, 0].tolist() == [3]

    model = FrozenEncoder(data.spec, str(tiny_bert))
    with torch.no_grad():
        next(model.parameters())[5, 0] += 0.5
    assert embedded(model, data)[1] == ALL
    assert embedded(FrozenEncoder(data.spec, str(tiny_bert), "cls"), data)[1] == ALL


def test_nothing_of_it_is_trained(tiny_bert):
    model = FrozenEncoder(definitions(tiny_bert).spec, str(tiny_bert))
    assert not any(weight.requires_grad for weight in model.parameters())
    assert (model.kind, model.fitting, model.latent_dim) == ("self_supervised", "none", 24)


MINILM = os.environ.get("EMBEDBENCH_MINILM")


@pytest.mark.slow
@pytest.mark.skipif(not MINILM, reason="EMBEDBENCH_MINILM names no folder of all-MiniLM-L6-v2")
def test_minilm_on_definitions(embedded):
    data = definitions(MINILM, train_rows=1500, test_rows=500)
    z, _ = embedded(FrozenEncoder(data.spec, MINILM), data)
    tokenizer, model = AutoTokenizer.from_pretrained(MINILM), AutoModel.from_pretrained(MINILM).eval()
    given = tokenizer(data.texts("test")[:40], return_tensors="pt", padding=True)
    with torch.no_grad():
        states = model(**given).last_hidden_state
    weight = given["attention_mask"][..., None].float()
    torch.testing.assert_close(z["test"][:40], (states * weight).sum(1) / weight.sum(1), atol=1e-5, rtol=0)
    gallery = z["train"].numpy(), data.targets("train").numpy()
    found = evaluate(z["test"], data.targets("test").numpy(), gallery=gallery, suite=Suite(metrics=["probe"]))
    assert found["probe/knn_accuracy"] >= 0.7
    assert embedded(FrozenEncoder(data.spec, MINILM), data)[1] == 0
