"""What the views of each kind of data are, and that rows become easier to tell apart."""

import pytest
import torch
from given_rows import fit_rows
from lightning.pytorch import seed_everything
from torch.nn.functional import normalize

from embedbench.errors import UsageError
from embedbench.functional.contrast import nt_xent
from embedbench.paradigms.relational.contrastive import Contrastive
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

IMAGES = DataSpec("image", (1, 8, 8), 50, "none")
TABLE = DataSpec("tabular", (7,), 50, "none", categories=(3, 2))


def fitted(folder, *words):
    parts = resolve(build_request(["--model", "contrastive", "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, folder), model, parts.data)
    return parts.data, model


def accuracy(z, label):
    """Of the nearest other row."""
    near = torch.cdist(z, z).fill_diagonal_(torch.inf).argmin(1)
    return float((label[near] == label).float().mean())


def test_views_of_images_differ_in_training_and_are_the_rows_own_in_validation():
    torch.manual_seed(0)
    model, x, index = Contrastive(IMAGES, 4), torch.rand(5, 1, 8, 8), torch.arange(5)
    rows = Batch(x, None, index)
    drawn = model._views(rows)
    assert not torch.equal(drawn[:5], drawn[5:])
    assert not torch.equal(drawn, model._views(rows))
    model.eval()
    whole, part = model._views(rows), model._views(Batch(x[[3, 1]], None, index[[3, 1]]))
    assert torch.equal(part, whole[[3, 1, 8, 6]])
    assert not torch.equal(whole[:5], whole[5:])
    with torch.no_grad():
        one, other = normalize(model.projection(model.embed(whole)), dim=1).chunk(2)
        assert torch.equal(model.terms(rows)["contrast"], nt_xent(one, other, 0.5))


def test_images_may_be_left_as_they_are():
    model, x = Contrastive(IMAGES, 4, crop=1.0, noise=0.0, cutout=0.0), torch.rand(5, 1, 8, 8)
    torch.testing.assert_close(model._views(Batch(x, None, torch.arange(5))), torch.cat([x, x]))


def test_columns_of_tables_are_taken_whole_from_train_rows():
    model = Contrastive(TABLE, 3, corruption=0.5)
    codes = torch.cat([torch.eye(3).repeat(7, 1)[:20], torch.eye(2).repeat(10, 1)], 1)
    model._rows = torch.cat([torch.arange(40.0).view(20, 2), codes], 1)
    rows = Batch(-model._rows[:6] - 1, None, torch.arange(6))
    one, other = model._corrupted(rows).chunk(2)
    assert torch.equal(one, rows.x)
    changed = other != rows.x
    for columns in ([0], [1], [2, 3, 4], [5, 6]):  # the codes are whole
        assert (changed[:, columns].all(1) == changed[:, columns].any(1)).all()
        found = other[:, columns][changed[:, columns[0]]]
        assert all((row == model._rows[:, columns]).all(1).any() for row in found)
    assert (changed[:, [0, 1, 2, 5]].sum(1) == 2).all()
    model.eval()
    part = model._corrupted(Batch(rows.x[[4, 2]], None, torch.tensor([4, 2])))
    assert torch.equal(part[2:], model._corrupted(rows)[6:][[4, 2]])


@pytest.mark.parametrize(("data", "steps"), [("digits", "200"), ("wine", "100")])
def test_unseen_rows_are_told_apart_and_classes_stay_together(data, steps, tmp_path):
    rows, model = fitted(tmp_path, "--data", data, "--trainer.max_steps", steps)
    x, label = rows.tensors("test")
    untrained = Contrastive(rows.spec)
    untrained.prepare_fit(fit_rows(untrained, rows.tensors("train")[0], x))
    unseen = Batch(x, None, torch.arange(len(x)))
    found, start = (float(m.eval().terms(unseen)["contrast"].detach()) for m in (model, untrained))
    assert found < start - 0.1  # untrained, views are as far from their own as from the others, to 0.001
    assert accuracy(model.embed(x).detach(), label) > 0.8


def test_texts_are_seen_under_two_dropouts(tmp_path):
    words = ("--data", "wordnet5k", "--data.train_rows", "600", "--data.test_rows", "40", "--trainer.max_steps", "2")
    rows, model = fitted(tmp_path, *words)
    batch = next(iter(rows.val_dataloader()))
    state = torch.get_rng_state()
    one, other = model.eval()._twice(batch).detach().chunk(2)
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.encoder.training
    assert float((one - other).abs().max()) > 1e-3
    assert torch.equal(model._twice(batch).detach().chunk(2)[1], other)
    assert model.temperature == 0.05


@pytest.mark.parametrize(
    ("spec", "arguments", "said"),
    [
        (IMAGES, {"temperature": 0.0}, "`temperature` must be a number above 0 or null, got 0.0"),
        (IMAGES, {"crop": 0.0}, r"`crop` must be a number in \(0, 1\], got 0.0"),
        (IMAGES, {"noise": -1.0}, "`noise` must be a number of at least 0, got -1.0"),
        (IMAGES, {"cutout": 1.5}, r"`cutout` must be a number in \[0, 1\], got 1.5"),
        (TABLE, {"corruption": 1.0}, r"`corruption` must be a number in \(0, 1\), got 1.0"),
        (DataSpec("tabular", (3,), 50, "none", categories=(3,)), {}, "but the data have 1"),
    ],
)
def test_arguments_out_of_range_are_refused(spec, arguments, said):
    with pytest.raises(UsageError, match=said):
        Contrastive(spec, **arguments)
