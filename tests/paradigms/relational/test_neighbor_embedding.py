"""Neighbour embedding: who meets whom, what validation compares, and that neighbours stay neighbours."""

import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from sklearn.manifold import trustworthiness

from embedbench.errors import UsageError
from embedbench.functional.neighbor_loss import infonce, umap
from embedbench.paradigms.relational.neighbor_embedding import NeighborEmbedding
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

pytestmark = pytest.mark.slow

SPEC = DataSpec("tabular", (6,), 50, "none")


def fitted(folder, *words):
    parts = resolve(build_request(["--model", "neighbor_embedding", "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    notes = fit(make_trainer(parts.trainer, model, folder), model, parts.data).notes
    return parts.data, model, notes


@pytest.mark.parametrize("loss", ["umap", "infonce"])
def test_neighbours_of_unseen_digits_stay_neighbours(loss, tmp_path):
    words = (
        "--data",
        "digits",
        "--model.latent_dim",
        "2",
        "--model.loss",
        loss,
        "--trainer.max_steps",
        "500",
        "--model.lr",
        "3e-3",
    )
    data, model, _ = fitted(tmp_path, *words, "--trainer.max_steps", "500")
    x = data.tensors("test")[0]
    before = NeighborEmbedding(data.spec, 2)
    found, start = (trustworthiness(x.flatten(1), m.embed(x).detach(), n_neighbors=10) for m in (model, before))
    assert found > 0.88  # two principal components reach 0.84
    assert found > start + 0.1


def test_each_row_meets_a_neighbour_and_is_pushed_from_all_but_itself_and_it(tmp_path):
    data, model, _ = fitted(
        tmp_path, "--data", "wine", "--trainer.max_steps", "1", "--model.neighbors", "5", "--model.interpolation", "0"
    )
    x = data.tensors("train")[0]
    near = torch.cdist(x, x).argsort(1)[:, :5]
    linked = torch.zeros(len(x), len(x), dtype=torch.bool).scatter_(1, near, value=True)
    linked |= linked.T.clone()
    model.train()
    index = torch.randperm(len(x))[:40]
    pairs = model._within(Batch(x[index], None, index))
    z = model.embed(x)
    where = torch.cdist(pairs.anchor, z).argmin(1)  # the row that each point is the embedding of
    assert torch.equal(where[:40], index)
    assert linked[where, where.roll(40)].all()
    assert (where != where.roll(40)).all()
    torch.testing.assert_close(pairs.positive, pairs.anchor.roll(40, 0))
    positive = where.roll(40)
    assert torch.equal(pairs.counted, (where[:, None] != where) & (positive[:, None] != where))


def test_rows_move_towards_neighbours_and_no_further_than_the_share(tmp_path, monkeypatch):
    words = ("--data", "wine", "--trainer.max_steps", "1", "--model.neighbors", "5", "--model.interpolation", "0.4")
    data, model, _ = fitted(tmp_path, *words)
    rows = data.tensors("train")[0]
    seen = []
    monkeypatch.setattr(model, "embed", lambda x: seen.append(x) or x[:, :2])
    monkeypatch.setattr(model, "_neighbor", lambda number: (number + 1) % len(rows))  # the next row, as if it were one
    index = torch.arange(40)
    model.train()._within(Batch(rows[index], None, index))
    (x,) = seen
    number = torch.cat([index, index + 1])
    way = rows[(number + 1) % len(rows)] - rows[number]
    share = ((x - rows[number]) * way).sum(1) / way.square().sum(1)
    torch.testing.assert_close(x, rows[number] + share[:, None] * way)
    assert 0 <= share.min() < 0.1
    assert 0.3 < share.max() <= 0.4


def test_validation_is_the_same_each_time_and_whatever_the_batch(tmp_path):
    data, model, _ = fitted(tmp_path, "--data", "wine", "--trainer.max_steps", "1")
    x, rows = data.tensors("val")[0], data.tensors("train")[0]
    model.eval()
    whole = model._held_out(Batch(x, None, torch.arange(len(x))))
    again = model._held_out(Batch(x[[7, 3]], None, torch.tensor([7, 3])))
    torch.testing.assert_close(again.positive, whole.positive[[7, 3]])
    torch.testing.assert_close(again.other, whole.other)
    positive = torch.cdist(whole.positive, model.embed(rows)).argmin(1)
    near = torch.cdist(x, rows).argsort(1)[:, :14]
    assert (near == positive[:, None]).any(1).all()
    assert torch.equal(whole.counted, positive[:, None] != torch.arange(len(rows)))  # fewer rows than it would take
    terms = model.terms(Batch(x, None, torch.arange(len(x))))
    assert list(terms.values()) == list(umap(whole, model.kernel, 5))
    model.loss = "infonce"
    assert torch.equal(model.terms(Batch(x, None, torch.arange(len(x))))["contrast"], infonce(whole))


def test_parts_of_the_graph_are_counted(tmp_path):
    x = np.random.default_rng(0).normal(size=(90, 3)) + 100 * (np.arange(90) % 3)[:, None]
    words = ("--data", "table", "--data.path", str(tmp_path / "three.csv"), "--data.label", "y")
    lines = ["a,b,c,y", *(f"{a},{b},{c},{'xyz'[i % 3]}" for i, (a, b, c) in enumerate(x.tolist()))]
    (tmp_path / "three.csv").write_text("\n".join(lines) + "\n", encoding="utf8")
    (note,) = fitted(tmp_path, *words, "--model.neighbors", "6", "--trainer.max_steps", "2")[2]
    assert "6 nearest neighbours of 65 train rows falls into 3 parts" in note


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"neighbors": 50}, r"`neighbors` must be in \[2, 49\] for 50 train rows, itself among them, got 50"),
        ({"neighbors": 1}, "`neighbors` must be a whole number of at least 2 or null, got 1"),
        ({"spread": 0.0}, "`spread` must be a number above 0, got 0.0"),
        ({"min_dist": 3.0}, "`min_dist` must be below 3 `spread`, got 3.0 and 1.0"),
        ({"interpolation": 1.5}, r"`interpolation` must be a number in \[0, 1\], got 1.5"),
        ({"negatives": 0}, "`negatives` must be a whole number of at least 1, got 0"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        NeighborEmbedding(SPEC, **arguments)
