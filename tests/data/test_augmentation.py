"""Views of rows: what they do to each modality, who gets how many, and what is said of them."""

from types import SimpleNamespace

import pytest
import torch

from embedbench.data.augmentation import Draws, ViewedData, Views, fresh, of_numbers, view_notes
from embedbench.data.images.digits import Digits
from embedbench.data.tables.wine import Wine
from embedbench.errors import UsageError
from embedbench.functional.augment import corrupt, crop, cutout
from embedbench.request.options import Options
from embedbench.request.request import build_request, run_id
from embedbench.request.resolve import resolve
from embedbench.results.table.variants import variants
from embedbench.run.execute import execute
from embedbench.types import DataSpec

IMAGES = DataSpec("image", (1, 8, 8), 64, "classes", ("a", "b"))
TABLE = DataSpec("tabular", (7,), 64, "none", categories=(2, 3))
TEXTS = DataSpec("text", (), 64, "none")
X = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
STILL = Draws(lambda k: torch.full((64, k), 0.75), lambda k: torch.ones(64, k))
FEW = ("--data.train_rows", "300", "--data.test_rows", "60", "--threads", "1", "--trainer.max_steps", "4")


def test_nothing_is_done_unless_declared():
    rows, tokens = torch.rand(64, 7), torch.randint(1, 9, (64, 5))
    for spec, x in ((IMAGES, X), (TABLE, rows), (TEXTS, tokens)):
        assert torch.equal(Views().of(x, STILL, ViewedData(spec, others=rows)), x)
        assert Views().changes(spec) == []


def test_an_image_is_cropped_then_gets_noise_and_a_square():
    views = Views(crop=0.5, noise=0.1, cutout=0.25)
    found = views.of(X, STILL, ViewedData(IMAGES))
    where = torch.full((64, 9), 0.75)
    torch.testing.assert_close(found, cutout(crop(X, where[:, :3], 0.5) + 0.1, where[:, 7:], 0.25))
    assert (found == 0).sum() == 64 * 4  # a quarter of 8 pixels, squared


def test_images_are_mirrored_where_a_mirror_shows_the_same():
    draws = Draws(lambda k: torch.full((64, k), 0.25), lambda k: torch.zeros(64, k))
    assert torch.equal(Views().of(X, draws, ViewedData(IMAGES, mirrored=True)), X.flip(3))
    assert torch.equal(Views().of(X, draws, ViewedData(IMAGES)), X)


def test_images_are_shifted_and_turned_a_little():
    torch.manual_seed(0)
    spot = torch.zeros(200, 1, 41, 41)
    spot[:, :, 19:22, 19:22] = 1
    found = Views(shift=0.1, degrees=10).of(spot, fresh(200, spot.device), ViewedData(IMAGES))
    grid = torch.arange(41.0) - 20
    mass = found.sum((1, 2, 3))
    for axis in (2, 3):
        shift = found.sum((1, axis)) @ grid / mass
        assert 3 < float(shift.abs().max()) < 4.1 * 1.16  # a tenth of 41, in a frame turned by up to 10 degrees
        assert float(shift.mean().abs()) < 0.6


def test_columns_come_from_other_rows_as_wholes():
    """Three numbers and codes of two and of three categories: five columns, of which two are exchanged in each row."""
    numbers, first, second = torch.rand(64, 2), torch.eye(2)[torch.arange(64) % 2], torch.eye(3)[torch.arange(64) % 3]
    x = torch.cat([numbers, first, second], dim=1)
    spec = TABLE._replace(shape=(7,))
    others = 10 + x
    torch.manual_seed(0)
    found = Views(corruption=0.5).of(x, fresh(64, x.device), ViewedData(spec, others=others))
    changed = [(found[:, part] != x[:, part]).any(1) for part in ([0], [1], [2, 3], [4, 5, 6])]
    assert torch.stack(changed).sum(0).tolist() == [2] * 64
    assert torch.equal((found >= 10).sum(1), sum(c * w for c, w in zip(changed, (1, 1, 2, 3), strict=True)))
    assert spec.widths == (1, 1, 2, 3)
    draws = Draws(lambda k: torch.full((64, k), 0.999), lambda k: torch.zeros(64, k))
    last = Views(corruption=0.5).of(x, draws, ViewedData(spec, others=others))
    same = corrupt(x, torch.full((64, 4), 0.999), 0.5, others[63].expand(64, 7), torch.tensor(spec.widths))
    assert torch.equal(last, same)


def test_tokens_are_left_out_but_for_the_first():
    torch.manual_seed(0)
    tokens = torch.randint(5, 99, (400, 50))
    found = Views(token_dropout=0.3).of(tokens, fresh(400, tokens.device), ViewedData(TEXTS, padding=3))
    gone = found != tokens
    assert torch.equal(found[gone], torch.full((int(gone.sum()),), 3))
    assert not gone[:, 0].any()
    assert float(gone[:, 1:].float().mean()) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    "wrong", [{"crop": 0}, {"shift": 1.5}, {"degrees": -1}, {"noise": -0.1}, {"corruption": 1.0}, {"token_dropout": 1}]
)
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(UsageError, match=f"`{next(iter(wrong))}` must be a number"):
        Views(**wrong)


@pytest.mark.parametrize("data", [Digits, Wine])
@pytest.mark.parametrize(
    ("stage", "number", "views"),
    [("training", 1, 1), ("training", 2, 2), ("training", 0, 0), ("validating", 1, 0), ("validating", 2, 2)],
)
def test_who_sees_views_and_when(data, stage, number, views):
    """In training all that learn by steps, in validation those that compare two, the same each time."""
    torch.manual_seed(0)
    served = data()
    served.views = Views(crop=0.6, corruption=0.3)
    model = SimpleNamespace(fitting="gradient", views=number)
    stages = {"training": False, "validating": False, stage: True}
    served.trainer = SimpleNamespace(lightning_module=model, **stages)
    split = "train" if stage == "training" else "val"
    batch = served.some(split, torch.arange(10))[0]
    found, again = (served.on_after_batch_transfer(batch, 0) for _ in range(2))
    assert (found.clean is not None, found.other is not None) == (views > 0, views == 2)
    assert torch.equal(found.rows, batch.x)
    assert torch.equal(found.x, batch.x) == (views == 0)
    assert torch.equal(found.label, batch.label)
    if views:
        assert torch.equal(found.x, again.x) == (stage == "validating")
    if views == 2:
        assert not torch.equal(found.x, found.other)
    if stage == "validating" and views:  # a row has its views in any batch
        part = served.on_after_batch_transfer(served.some(split, torch.tensor([7]))[0], 0)
        torch.testing.assert_close(part.other[0], found.other[7])


def test_noise_of_numbers_differs_by_view():
    index = torch.arange(5)
    first, second = of_numbers(index, 0), of_numbers(index, 1)
    assert not torch.equal(first.uniform(3), second.uniform(3))
    assert torch.equal(first.normal(4), of_numbers(index, 0).normal(4))


def test_what_is_said():
    said = view_notes(Views(crop=0.5, noise=0.1), IMAGES, 2, mirrored=True)
    how = "cropped to 0.5 of their area or more, with noise of 0.1, mirrored by halves"
    assert said == [f"learned from two views of each row, drawn anew each time: {how}"]
    assert view_notes(None, IMAGES, 1, mirrored=False) == []
    lone = ["--data.flip did nothing: it is for the views of --augment"]
    assert view_notes(None, IMAGES, 1, mirrored=True) == lone
    shifts = Views(shift=0.1)
    assert view_notes(shifts, TABLE, 1, mirrored=True) == [
        "--augment did nothing: it changes nothing of data of kind tabular"
    ]
    assert view_notes(shifts, IMAGES, 0, mirrored=False) == [
        "--augment did nothing: this model learns from rows as they are"
    ]


def test_tables_have_no_mirror_image():
    with pytest.raises(UsageError, match="`flip` is for images, but the data are tabular; leave it"):
        _ = Wine(flip=True).spec


def test_a_request_names_them():
    words = ["--model", "vae", "--data", "digits"]
    plain, asked = build_request(words), build_request([*words, "--augment", "default", "--augment.crop", "0.8"])
    views = resolve(asked).data.views
    assert (views.crop, views.noise, views.shift) == (0.8, 0.05, 0.0)
    assert resolve(plain).data.views is None
    none = build_request([*words, "--augment", "default", "--augment", "none"])
    assert run_id(none) == run_id(plain) != run_id(asked)
    with pytest.raises(UsageError, match=r"--augment\.crop must be"):
        resolve(build_request([*words, "--augment", "default", "--augment.crop", "2"]))
    with pytest.raises(UsageError, match="shifts"):
        build_request([*words, "--augment", "shift"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "models"),
    [
        ("digits", ["supervised", "supervised_contrastive", "contrastive", "autoencoder", "vae", "linear_vae"]),
        ("digits", ["categorical_vae", "masked_image", "distance_preserving", "topological", "dec", "vade", "n2d"]),
        ("wine", ["supervised", "supervised_contrastive", "contrastive", "masked_features", "neighbor_embedding"]),
        ("wordnet5k", ["supervised", "contrastive", "masked_language", "supervised_contrastive", "skip_gram"]),
    ],
)
def test_every_kind_of_model_learns_from_views(data, models, tmp_path):
    rows = [] if data == "wine" else FEW[:4]
    for model in models:
        words = ["--model", model, "--data", data, *rows, *FEW[4:], "--suite.metrics", "[probe]"]
        asked = [[], ["--augment", "default"]]
        plain, seen = (execute(build_request([*words, *more]), Options(tmp_path, quiet=True)) for more in asked)
        said = [note for note in seen.notes if "--augment did nothing" in note or "of each row, drawn anew" in note]
        assert len(said) == 1
        assert seen.metrics != plain.metrics or "did nothing" in said[0]
        labels = {one.label for one in variants([plain, seen])}
        views = "corruption=0.3 crop=0.6 noise=0.05 token_dropout=0.1"
        assert labels == {f"{model} (augment=none)", f"{model} (augment={views})"}
