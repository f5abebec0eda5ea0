"""The sample: how large, of which rows, and how it is embedded."""

import numpy as np
import pytest
import torch

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import standardise
from embedbench.errors import RunError, UsageError
from embedbench.paradigms.baseline.raw import Raw
from embedbench.request.resolve import resolve
from embedbench.run.fitting import make_embedder
from embedbench.run.live.sampled_rows import draw_sample, embed_rows, space_rows

CPU = {"accelerator": "cpu", "devices": 1}


class Blobs(EmbeddingDataModule):
    """Noise of as many rows as asked for."""

    def __init__(self, train, val, label=None):
        super().__init__()
        self.sizes, self.label = (train, val, 10), label

    def load(self):
        n = sum(self.sizes)
        x = np.random.default_rng(0).normal(size=(n, 3))
        label = np.arange(n) % 10 if self.label is None else self.label
        split = np.repeat(["train", "val", "test"], self.sizes)
        classes = tuple(map(str, range(int(label.max()) + 1)))
        return Source("tabular", x, label.astype(np.int64), classes, standardise, split)


class Empty(Blobs):
    """Without validation."""

    @property
    def rows(self):
        return {"train": 100, "val": 0, "test": 10}


@pytest.mark.parametrize(
    ("train", "val", "every", "gallery", "queries"),
    [
        (9000, 1000, 1, 300, 100),  # the least
        (9000, 1000, 3, 675, 225),
        (54_000, 6000, 1, 1350, 450),
        (54_000, 6000, 2, 1500, 500),  # the most
        (200, 20, 1, 200, 20),  # all there are
        (9000, 50, 3, 675, 50),
    ],
)
def test_size_follows_the_rows_between_two_looks(train, val, every, gallery, queries):
    sample = draw_sample(Blobs(train, val), every, 20)
    assert {split: len(rows) for split, rows in sample.items()} == {"train": gallery, "val": queries}


def test_gallery_has_the_neighbours_that_the_probe_needs():
    assert len(draw_sample(Blobs(9000, 1000), 1, 500)["train"]) == 500


def test_rows_are_the_same_each_time_sorted_distinct_and_by_class():
    data = Blobs(5000, 500)
    one, other = draw_sample(data, 1, 20), draw_sample(data, 1, 20)
    for split, rows in one.items():
        assert torch.equal(rows, other[split])
        assert bool((rows.diff() > 0).all())
        counts = torch.bincount(data.targets(split)[rows])
        assert (int(counts.min()), int(counts.max())) == (len(rows) // 10,) * 2


def test_a_gallery_of_one_class_gets_a_row_of_another():
    label = np.zeros(9010 + 100, np.int64)
    label[[7, 9]] = 1
    rows = draw_sample(Blobs(9000, 100, label), 1, 20)["train"]
    assert bool((rows.diff() > 0).all())
    assert int(label[rows].sum()) == 1


def test_no_validation_rows_are_refused():
    with pytest.raises(UsageError, match="scores validation rows, but the data have none; leave it out or add some"):
        draw_sample(Empty(100, 0), 1, 20)


@pytest.fixture(scope="module")
def raw():
    data = Blobs(900, 90)
    return data, Raw(data.spec), make_embedder(CPU)


def test_embedding_has_the_order_of_the_sample(raw):
    data, model, trainer = raw
    rows = torch.tensor([3, 5, 500, 899])
    z = embed_rows(trainer, model, data, "train", rows)
    torch.testing.assert_close(z, data.tensors("train")[0][rows])


def test_embedding_that_is_not_finite_is_an_error(raw):
    data, model, trainer = raw
    model.embed = lambda x: torch.where(torch.arange(len(x))[:, None] < 2, torch.nan, x)
    try:
        with pytest.raises(RunError, match="2 of 40 sampled val rows have a NaN or infinite embedding; lower --model"):
            embed_rows(trainer, model, data, "val", torch.arange(40))
    finally:
        del model.embed


def test_every_part_of_a_model_is_left_in_its_mode(raw):
    data, model, trainer = raw
    model.add_module("inner", torch.nn.Dropout())
    model.train()
    model.inner.eval()
    seen = []
    model.embed = lambda x: seen.append((model.training, model.inner.training)) or x
    try:
        embed_rows(trainer, model, data, "val", torch.arange(40))
        assert seen == [(False, False)]
        assert (model.training, model.inner.training) == (True, False)
    finally:
        del model.embed, model.inner


def test_texts_are_found_by_their_numbers(request_for):
    parts = resolve(request_for("ppmi_svd"))
    rows = torch.tensor([0, 7, 8, 50])
    (batch,) = parts.data.some("val", rows)
    assert sorted(batch.index.tolist()) == rows.tolist()
    every = {int(number): x for one in parts.data.val_dataloader() for number, x in zip(one.index, one.x, strict=True)}
    for number, x in zip(batch.index.tolist(), batch.x, strict=True):
        assert x[x != 0].tolist() == every[number][every[number] != 0].tolist()
    scored = space_rows(parts.data, "val", rows, np.zeros((4, 2)), inputs=True)
    assert (scored.x != parts.data.tfidf("val")[rows.numpy()]).nnz == 0
    assert scored.label.tolist() == parts.data.targets("val")[rows].tolist()


def test_inputs_are_rows_or_relations(raw, monkeypatch):
    data, _, _ = raw
    rows = torch.tensor([2, 4])
    z = np.zeros((2, 2))
    assert space_rows(data, "val", rows, z, inputs=False).x is None
    np.testing.assert_array_equal(space_rows(data, "val", rows, z, inputs=True).x, data.tensors("val")[0][rows])
    square = torch.arange(90.0)[:, None].sub(torch.arange(90.0)).abs()
    monkeypatch.setattr(data, "relations", lambda split: square)
    assert space_rows(data, "val", rows, z, inputs=True).relations.tolist() == [[0, 2], [2, 0]]
