"""What every data set inherits: encoding fitted on train, fingerprint, loaders, complaints."""

import lightning
import numpy as np
import pandas as pd
import pytest
import torch

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import Encode, standardise
from embedbench.errors import UsageError
from embedbench.types import SPLITS, DataSpec


class Toy(EmbeddingDataModule):
    """Hands over whatever the test sets."""

    source: Source
    loads = 0

    def load(self):
        self.loads += 1
        return self.source


class AsTheyAre(Encode):
    """A table's numbers."""

    def transform(self, rows):
        return rows.to_numpy()


def toy(x=None, label="default", classes=("a", "b"), split=None, **args):
    x = np.random.default_rng(0).normal(3, 2, (50, 4)) if x is None else x
    label = np.arange(50) % 2 if isinstance(label, str) else label
    data = Toy(**args)
    data.source = Source("tabular", x, label, classes, standardise, split, ("read",))
    return data


def test_spec_rows_and_notes():
    data = toy()
    x = data.tensors("train")[0]
    support = {"low": float(x.min()), "high": float(x.max()), "whole": False}
    assert data.spec == DataSpec("tabular", (4,), 36, "classes", ("a", "b"), **support)
    assert data.rows == {"train": 36, "val": 4, "test": 10}
    assert data.notes == ["read"]


def test_loads_once_and_only_when_asked():
    data = toy()
    assert data.loads == 0
    assert data.spec == data.spec
    data.tensors("val")
    assert data.loads == 1


def test_encoding_is_fitted_on_the_train_rows_that_remain():
    data = toy()
    x, _ = data.tensors("train")
    assert x.dtype == torch.float32
    torch.testing.assert_close(x.mean(0), torch.zeros(4), atol=1e-6, rtol=0)
    torch.testing.assert_close(x.std(0, correction=0), torch.ones(4), atol=1e-6, rtol=0)
    everything = torch.cat([data.tensors(split)[0] for split in SPLITS])
    assert everything.mean(0).abs().min() > 1e-3  # all rows together are not centred


@pytest.mark.parametrize(
    ("label", "classes", "target", "dtype"),
    [
        (np.arange(50) % 2, ("a", "b"), "classes", torch.int64),
        (np.linspace(0, 1, 50, dtype=np.float32), (), "real", torch.float32),
        (None, (), "none", None),
    ],
)
def test_kinds_of_label(label, classes, target, dtype):
    data = toy(label=label, classes=classes)
    assert data.spec.target == target
    got = data.tensors("train")[1]
    assert (got is None) if dtype is None else (got.dtype == dtype and got.shape == (36,))


def test_labels_stay_with_their_rows():
    x = np.arange(50.0)[:, None]
    data = toy(x, (x[:, 0] * 2).astype(np.float32), ())
    for split in SPLITS:
        got, label = data.tensors(split)
        slope, offset = np.polyfit(got[:, 0], label, 1)
        np.testing.assert_allclose(got[:, 0] * slope + offset, label, atol=1e-3)


def test_fingerprint_is_stable():
    assert toy().fingerprint == toy().fingerprint
    assert len(toy().fingerprint) == 16


def test_fingerprint_feels_one_value_one_label_one_move_and_the_shape():
    x, label = np.random.default_rng(0).normal(3, 2, (50, 4)), np.arange(50) % 2
    split = np.repeat(["train", "val", "test"], [30, 10, 10])
    nudged, flipped, moved = x.copy(), label.copy(), split.copy()
    nudged[49, 3] += 1e-3  # a test row: train statistics stay
    flipped[49] = 0
    moved[[29, 30]] = ["val", "train"]
    prints = [
        toy(x, label, split=split).fingerprint,
        toy(nudged, label, split=split).fingerprint,
        toy(x, flipped, split=split).fingerprint,
        toy(x, label, split=moved).fingerprint,
        toy(x, None, (), split=split).fingerprint,
        toy(x, label.astype(np.float32), (), split=split).fingerprint,
    ]
    assert len(set(prints)) == len(prints)


def test_the_training_seed_has_no_part_in_the_splits():
    one, other = toy(), toy()
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    first = one.fingerprint
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert other.fingerprint == first
    assert toy(split_seed=1).fingerprint != first


def test_validation_is_never_cut_from_the_official_test_split():
    x = np.where(np.arange(50) < 40, 0.0, 1.0)[:, None] + np.random.default_rng(0).normal(0, 1e-3, (50, 1))
    data = toy(x, split=np.repeat(["train", "test"], [40, 10]))
    assert data.rows == {"train": 36, "val": 4, "test": 10}
    low = data.tensors("train")[0].max()
    assert data.tensors("val")[0].max() < low + 10  # train and val share one cluster, test is 1000 deviations away
    assert data.tensors("test")[0].min() > low + 100


def test_predict_gives_the_three_splits_in_order_and_unshuffled():
    class Echo(lightning.LightningModule):
        def predict_step(self, batch, batch_idx, dataloader_idx=0):
            return batch

    data = toy(batch_size=8)
    trainer = lightning.Trainer(
        accelerator="cpu", devices=1, logger=False, enable_progress_bar=False, enable_model_summary=False,
        enable_checkpointing=False,
    )  # fmt: skip
    for split, batches in zip(SPLITS, trainer.predict(Echo(), datamodule=data), strict=True):
        x, label = data.tensors(split)
        assert torch.cat([batch.index for batch in batches]).tolist() == list(range(len(x)))
        assert torch.equal(torch.cat([batch.x for batch in batches]), x)
        assert torch.equal(torch.cat([batch.label for batch in batches]), label)


def test_train_loader_shuffles_and_val_loader_doesn_t():
    data = toy(batch_size=36)
    torch.manual_seed(0)
    (train,), (val,) = data.train_dataloader(), data.val_dataloader()
    assert sorted(train.index.tolist()) == list(range(36)) != train.index.tolist()
    assert val.index.tolist() == list(range(4))
    assert torch.equal(train.x, data.tensors("train")[0][train.index])
    assert torch.equal(train.label, data.tensors("train")[1][train.index])


def test_a_class_of_one_row_is_noted():
    data = toy(label=np.append(np.arange(49) % 2, 2), classes=("a", "b", "c"))
    assert data.notes == ["read", "class 'c' has a single row"]
    assert 2 in data.tensors("train")[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.full((50, 4), np.nan)}, "column 0"),
        ({"x": np.zeros((0, 4)), "label": None}, "no rows"),
        ({"label": np.zeros(49, np.int64)}, "shape"),
        ({"label": np.zeros(50, np.int64)}, "one class only, 'a'"),
        ({"label": np.append(np.zeros(49), np.nan).astype(np.float32), "classes": ()}, "1 values"),
        ({"train_rows": 41}, "`train_rows`"),
    ],
)
def test_bad_data_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        _ = toy(**changes).spec


def test_one_class_among_the_train_rows_is_refused():
    label = np.repeat([0, 1], [40, 10])
    with pytest.raises(UsageError, match="one class only"):
        _ = toy(label=label, split=np.repeat(["train", "test"], [40, 10])).spec


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 0), ("num_workers", -1), ("train_rows", 0), ("test_rows", 0), ("split_seed", -1)]
)
def test_bad_arguments_are_refused_at_once(name, value):
    with pytest.raises(UsageError, match=f"`{name}` must be a whole number of at least {value + 1}"):
        Toy(**{name: value})


def test_a_table_reaches_its_encoder_as_train_rows():
    seen = []

    def fit(train):
        seen.append(train)
        return AsTheyAre()

    data = Toy()
    data.source = Source("tabular", pd.DataFrame({"a": np.arange(50.0)}), None, (), fit)
    assert len(seen) == 0
    assert np.array_equal(data.tensors("train")[0][:, 0], seen[0]["a"])
    assert len(seen) == 1


def test_spec_scales_a_real_label_by_its_train_rows():
    data = toy(label=np.linspace(0, 100, 50, dtype=np.float32), classes=())
    train = data.tensors("train")[1].numpy().astype(np.float64)
    assert (data.spec.target_mean, data.spec.target_sd) == pytest.approx((train.mean(), train.std()), rel=1e-6)
    constant = toy(label=np.full(50, 7, np.float32), classes=())
    assert (constant.spec.target_mean, constant.spec.target_sd) == (7, 1)


def test_rows_that_have_coordinates_need_no_relations():
    assert toy().relations("test") is None
