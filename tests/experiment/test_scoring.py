"""Embeddings in the order of the rows, scored against train."""

import pytest
import torch

from embedbench import evaluate
from embedbench.experiment.fitting import make_embedder
from embedbench.experiment.resolve import resolve
from embedbench.experiment.scoring import embed_splits, score


@pytest.fixture
def embedded(request_of):
    parts = resolve(request_of("raw", "--data.batch_size", "7"))
    model = parts.make_model(parts.data.spec)
    return parts, embed_splits(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data), model


def test_rows_keep_their_order(embedded):
    parts, z, _ = embedded
    assert list(z) == ["train", "val", "test"]
    for split, rows in z.items():
        assert torch.equal(rows, parts.data.tensors(split)[0].flatten(1))


def test_train_is_the_gallery_of_both(embedded):
    parts, z, model = embedded
    scores = score(parts.suite, parts.data, z, {}, model)
    x, label = ({split: parts.data.tensors(split)[part] for split in z} for part in (0, 1))
    for split in ("val", "test"):
        gallery = z["train"], label["train"]
        expected = evaluate(z[split], label[split], gallery=gallery, suite=parts.suite, x=x[split])
        assert scores.metrics[split] == pytest.approx(expected, abs=1e-9)
    assert list(scores.metrics) == ["val", "test"]
    assert scores.seconds > 0
