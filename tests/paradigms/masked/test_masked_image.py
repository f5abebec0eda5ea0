"""Masked patches: what the encoder sees, what is scored, and that it learns."""

import pytest
import torch

from embedbench.errors import UsageError
from embedbench.functional.masking import hide
from embedbench.functional.patches import normalise_patches, patchify
from embedbench.paradigms.masked.masked_image import MaskedImage
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("image", (1, 8, 8), 50, "none")
INDEX = torch.arange(6)


@pytest.fixture
def rows():
    torch.manual_seed(1)
    return torch.rand(6, 1, 8, 8)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MaskedImage(SPEC, 3).eval()


def test_hidden_pixels_reach_only_the_target(model, rows):
    noise = torch.rand(6, 16)
    wide = hide(noise, 0.75)[:, :, None].expand(-1, -1, 4)
    patches = patchify(rows, 2)
    other = patches.masked_fill(wide, 0)
    with torch.no_grad():
        found = model.predict_hidden(rows, noise)
        seen = []
        model.decoder.layers.register_forward_hook(lambda module, args, out: seen.append(args[0]))
        model.predict_hidden(rows, noise)
        model.predict_hidden(other.view(6, 4, 4, 2, 2).permute(0, 1, 3, 2, 4).reshape(6, 1, 8, 8), noise)
    assert torch.equal(seen[0], seen[1])
    assert found.hidden.tolist() == [12 * 4] * 6
    assert found.choices.tolist() == [0] * 6


@pytest.mark.parametrize("normalised", [False, True])
def test_loss_and_baseline_are_of_the_hidden_patches(normalised, rows):
    model, noise = MaskedImage(SPEC, 3, normalised=normalised).eval(), torch.rand(6, 16)
    hidden, target = hide(noise, 0.75), patchify(rows, 2)
    target = normalise_patches(target, 1e-6) if normalised else target
    model.learn_marginals([rows[:4], rows[4:]])
    given = []
    model.decoder.to_pixels.register_forward_hook(lambda module, args, out: given.append(out))
    with torch.no_grad():
        found = model.predict_hidden(rows, noise)
    for row in range(6):
        wanted = (given[0][row] - target[row])[hidden[row]].square().sum()
        known = (target.mean(0) - target[row])[hidden[row]].square().sum()
        assert float(found.loss[row]) == pytest.approx(float(wanted), rel=1e-5)
        assert float(found.baseline[row]) == pytest.approx(float(known), rel=1e-5)


def test_each_token_stands_where_its_patch_was(model, rows):
    """The decoder's input, less its places, is the bottleneck of a seen patch and the learned token elsewhere."""
    noise, given = torch.rand(6, 16), []
    model.decoder.layers.register_forward_hook(lambda module, args, out: given.append(args[0]))
    with torch.no_grad():
        model.unseen.fill_(7)
        model.predict_hidden(rows, noise)
        seen = torch.argsort(noise, 1)[:, 12:].sort(1).values
        tokens = model.decoder.widen(model.to_latent(model.encoder.tokens(rows, seen)))
    placed = given[0] - model.decoder.place
    for row in range(6):
        torch.testing.assert_close(placed[row, seen[row]], tokens[row])
    assert int(((placed - 7).abs() < 1e-5).all(2).sum()) == 6 * 12


def test_embedding_is_the_mean_bottleneck_of_all_patches(model, rows):
    with torch.no_grad():
        expected = model.to_latent(model.encoder.tokens(rows)).mean(1)
        torch.testing.assert_close(model.embed(rows), expected)


def test_scores_belong_to_the_row_and_the_seed(model, rows):
    with torch.no_grad():
        whole = model.row_scores(rows, INDEX, 1, 0)
        part = model.row_scores(rows[[3, 1]], INDEX[[3, 1]], 100, 0)
        other = model.row_scores(rows, INDEX, 1, 1)
    for name, values in whole.items():
        assert values.dtype == torch.float64
        torch.testing.assert_close(values[[3, 1]], part[name], rtol=1e-5, atol=1e-5)
    assert not torch.equal(whole["loss"], other["loss"])


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8), (3, 32, 32), (1, 28, 28), (3, 224, 224), (1, 12, 8)])
def test_sides_and_channels(shape):
    model = MaskedImage(DataSpec("image", shape, 50, "none"), 5)
    x = torch.rand(2, *shape)
    assert model.embed(x).shape == (2, 5)
    assert float(model.terms(Batch(x, None, torch.arange(2)))["hidden"].detach()) > 0


def test_what_it_cannot_take_is_refused():
    with pytest.raises(UsageError, match="the data are tabular; use masked_features"):
        MaskedImage(DataSpec("tabular", (5,), 50, "none"))
    with pytest.raises(UsageError, match="`patch` must be 2 or more and divide the sides"):
        MaskedImage(SPEC, patch=3)
    with pytest.raises(UsageError, match=r"`mask_ratio` must be a number in \(0, 1\), got 1"):
        MaskedImage(SPEC, mask_ratio=1.0)


def test_it_learns_that_an_image_is_all_of_one_grey():
    torch.manual_seed(0)
    x = torch.rand(64, 1, 1, 1).expand(64, 1, 8, 8).contiguous()
    rows, model = Batch(x, None, torch.arange(64)), MaskedImage(SPEC, 3).train()
    model.learn_marginals([x])
    optimiser = model.configure_optimizers()
    for _ in range(150):
        optimiser.zero_grad()
        model.terms(rows)["hidden"].backward()
        optimiser.step()
    with torch.no_grad():
        found = model.eval().row_scores(x, rows.index, 1, 0)
    assert float(found["loss"].sum()) < 0.1 * float(found["baseline"].sum())
