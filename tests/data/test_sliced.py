"""Whole batches by one index: right rows, right order, and shardable by Lightning."""

import lightning
import pytest
import torch
from torch.utils.data import DataLoader, DistributedSampler

from embedbench.data.sliced import SlicedDataset, loader


@pytest.fixture
def dataset():
    x = torch.arange(22 * 3, dtype=torch.float32).reshape(22, 3)
    return SlicedDataset(x, torch.arange(22) % 4)


class Echo(lightning.LightningModule):
    """Returns what the predict loop hands over."""

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return batch


def quiet_trainer(**where):
    return lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        enable_checkpointing=False, **where
    )  # fmt: skip


def test_batch_keeps_the_order_and_repeats_of_the_indices(dataset):
    batch = dataset.__getitems__([5, 0, 5, 21])
    assert batch.index.tolist() == [5, 0, 5, 21]
    assert batch.index.dtype == torch.int64
    assert batch.x[:, 0].tolist() == [15, 0, 15, 63]
    assert batch.label.tolist() == [1, 0, 1, 1]


def test_batch_is_a_copy(dataset):
    dataset.__getitems__(list(range(4))).x.zero_()
    assert dataset.x[1, 0] == 3


def test_one_row_equals_its_row_in_a_batch(dataset):
    row, batch = dataset[7], dataset.__getitems__([7])
    assert torch.equal(row.x, batch.x[0])
    assert row.label == batch.label[0]
    assert row.index == batch.index[0] == 7


def test_without_label():
    bare = SlicedDataset(torch.rand(3, 2), None)
    assert bare[0].label is None
    assert bare.__getitems__([0, 2]).label is None


def test_loader_slices_batches_and_keeps_the_last_short_one(dataset, monkeypatch):
    asked = []
    slices = SlicedDataset.__getitems__
    monkeypatch.setattr(SlicedDataset, "__getitems__", lambda self, i: asked.append(len(i)) or slices(self, i))
    batches = list(loader(dataset, 8, shuffle=False, num_workers=0))
    assert asked == [8, 8, 6]
    assert torch.cat([batch.index for batch in batches]).tolist() == list(range(22))


def test_shuffled_loader_gives_each_row_once_in_a_new_order_each_epoch(dataset):
    torch.manual_seed(0)
    shuffled = loader(dataset, 8, shuffle=True, num_workers=0)
    epochs = [torch.cat([batch.index for batch in shuffled]).tolist() for _ in range(2)]
    assert epochs[0] != epochs[1] != list(range(22))
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(22))


def test_workers_give_the_same_batches(dataset):
    one = list(loader(dataset, 8, shuffle=False, num_workers=0))
    two = list(loader(dataset, 8, shuffle=False, num_workers=2))
    assert all(torch.equal(a.x, b.x) and torch.equal(a.index, b.index) for a, b in zip(one, two, strict=True))


def test_ranks_share_the_rows(dataset):
    seen = []
    for rank in range(3):
        plain = loader(dataset, 4, shuffle=False, num_workers=0)
        sampler = DistributedSampler(dataset, num_replicas=3, rank=rank, shuffle=False)
        part = DataLoader(plain.dataset, batch_size=4, sampler=sampler, collate_fn=plain.collate_fn)
        seen += torch.cat([batch.index for batch in part]).tolist()
    assert sorted(set(seen)) == list(range(22))
    assert len(seen) == 24  # the sampler pads: 2 rows come twice


def test_predict_keeps_order_and_index(dataset):
    batches = quiet_trainer(devices=1).predict(Echo(), loader(dataset, 8, shuffle=False, num_workers=0))
    assert torch.cat([batch.index for batch in batches]).tolist() == list(range(22))
    assert torch.equal(torch.cat([batch.x for batch in batches]), dataset.x)
    assert torch.equal(torch.cat([batch.label for batch in batches]), dataset.label)


class Writer(lightning.LightningModule):
    """Writes which rows its rank was given."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        torch.save((batch.index, batch.x), self.folder / f"{self.global_rank}-{batch_idx}.pt")


@pytest.mark.slow
def test_predict_on_two_ranks_gives_every_row(dataset, tmp_path):
    trainer = quiet_trainer(devices=2, strategy="ddp_fork")
    trainer.predict(Writer(tmp_path), loader(dataset, 4, shuffle=False, num_workers=0), return_predictions=False)
    parts = {path.name[0]: [] for path in tmp_path.glob("*.pt")}
    assert set(parts) == {"0", "1"}
    for path in tmp_path.glob("*.pt"):
        index, x = torch.load(path)
        assert torch.equal(x, dataset.x[index])
        parts[path.name[0]] += index.tolist()
    assert len(parts["0"]) == len(parts["1"]) == 11
    assert sorted(parts["0"] + parts["1"]) == list(range(22))
