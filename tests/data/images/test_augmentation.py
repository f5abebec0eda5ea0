"""Augmentation of train images: which batches it changes, and what is said of it."""

from types import SimpleNamespace

import pytest
import torch

from embedbench.data.images.augmentation import augmentation_notes, augmented
from embedbench.data.images.digits import Digits
from embedbench.data.tables.wine import Wine
from embedbench.errors import UsageError
from embedbench.request.options import Options
from embedbench.request.request import build_request, run_id
from embedbench.run.execute import execute

X = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def test_half_of_the_images_are_mirrored():
    torch.manual_seed(0)
    found = augmented(X, False, True)
    kept = [torch.equal(one, x) for one, x in zip(found, X, strict=True)]
    turned = [torch.equal(one, x.flip(2)) for one, x in zip(found, X, strict=True)]
    assert all(a != b for a, b in zip(kept, turned, strict=True))
    assert 16 < sum(kept) < 48


def test_images_are_shifted_and_turned_a_little():
    torch.manual_seed(0)
    spot = torch.zeros(200, 1, 41, 41)
    spot[:, :, 19:22, 19:22] = 1
    found = augmented(spot, True, False)
    grid = torch.arange(41.0) - 20
    mass = found.sum((1, 2, 3))
    across, down = (found.sum((1, axis)) @ grid / mass for axis in (2, 3))
    for shift in (across, down):
        assert 3 < float(shift.abs().max()) < 4.1 * 1.16  # a tenth of 41, in a frame turned by up to 10 degrees
        assert float(shift.mean().abs()) < 0.6


def test_nothing_is_done_unless_asked():
    assert augmented(X, False, False) is X


@pytest.mark.parametrize("asked", ["random_affine", "flip"])
@pytest.mark.parametrize(
    ("training", "fitting", "changes"),
    [(True, "gradient", True), (False, "gradient", False), (True, "one_pass", False)],
)
def test_only_training_by_gradient_steps_sees_other_images(asked, training, fitting, changes):
    torch.manual_seed(0)
    data = Digits(**{asked: True})
    data.trainer = SimpleNamespace(training=training, lightning_module=SimpleNamespace(fitting=fitting))
    batch = data.some("train", torch.arange(64))[0]
    found = data.on_after_batch_transfer(batch, 0)
    assert torch.equal(found.x, batch.x) != changes
    assert torch.equal(found.index, batch.index)


@pytest.mark.parametrize("asked", ["random_affine", "flip"])
def test_tables_are_not_augmented(asked):
    with pytest.raises(UsageError, match="`random_affine` and `flip` are for images, but the data are tabular; leave"):
        _ = Wine(**{asked: True}).spec


def test_notes():
    assert augmentation_notes(False, False, "gradient") == []
    assert augmentation_notes(True, True, "gradient") == [
        "train images were augmented in training: shifted and turned and mirrored by halves at random"
    ]
    assert augmentation_notes(False, True, "one_pass") == [
        "--data.flip did nothing: this model is learned by no gradient steps"
    ]


@pytest.mark.slow
def test_a_run_trains_on_other_images_and_scores_the_images_themselves(tmp_path):
    few = ("--data.train_rows", "300", "--data.test_rows", "60", "--trainer.max_steps", "8", "--threads", "1")
    words = ["--model", "autoencoder", "--data", "digits", *few, "--suite.metrics", "[probe,geometry]"]
    found = {}
    for flag in ("false", "true"):
        request = build_request([*words, "--data.flip", flag])
        found[flag] = execute(request, Options(tmp_path, run_id=flag, quiet=True))
    plain = execute(build_request(words), Options(tmp_path, run_id="plain", quiet=True))
    assert plain.metrics == found["false"].metrics != found["true"].metrics
    assert plain.dataset_fingerprint == found["true"].dataset_fingerprint
    assert "train images were augmented in training: mirrored by halves at random" in found["true"].notes
    assert not [note for note in plain.notes if "augmented" in note]
    assert run_id(build_request(words)) != run_id(build_request([*words, "--data.flip", "true"]))
