"""The vision transformer: its patches, its places, and tokens that don't know of hidden patches."""

import math

import pytest
import torch

from embedbench.encoders.vit import ViT, patch_side, places
from embedbench.errors import UsageError
from embedbench.types import DataSpec


def spec(*shape):
    return DataSpec("image", shape, 100, "none")


@pytest.mark.parametrize(
    ("sides", "patch"),
    [
        *(((8, 8), 2), ((16, 16), 2), ((28, 28), 4), ((32, 32), 4), ((64, 64), 8), ((96, 96), 12), ((224, 224), 16)),
        *(((100, 45), 5), ((9, 12), 3)),
    ],
)
def test_default_patch(sides, patch):
    assert patch_side(sides, None) == patch


@pytest.mark.parametrize(
    ("sides", "asked", "said"),
    [
        ((28, 28), 5, "`patch` must be 2 or more and divide the sides of images of 28×28 into patches, got 5"),
        ((28, 28), 1, "got 1"),
        ((28, 28), 28, "got 28"),
        ((9, 13), None, "no patch of 2 to 16 pixels divides both sides of images of 9×13; resize them"),
        ((11, 11), None, "resize them"),
    ],
)
def test_patches_that_do_not_fit_are_refused(sides, asked, said):
    with pytest.raises(UsageError, match=said):
        ViT(spec(1, *sides), patch=asked)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 32, 32), (3, 100, 45), (3, 224, 224)])
def test_shapes(shape):
    encoder = ViT(spec(*shape), width=32, depth=1)
    x = torch.randn(2, *shape)
    assert encoder(x).shape == (2, 32)
    assert encoder.mirror(3)(torch.randn(2, 3)).shape == x.shape


def test_a_token_depends_on_the_seen_patches_alone():
    torch.manual_seed(0)
    encoder, x = ViT(spec(1, 8, 8), width=32, depth=2), torch.randn(2, 1, 8, 8)
    seen = torch.tensor([[0, 5, 9], [15, 2, 3]])
    other = x.clone()
    other[0, :, :2, 2:4] += 1  # patch 1
    other[1, :, 2:4, 2:4] += 1  # patch 5
    with torch.no_grad():
        assert torch.equal(encoder.tokens(x, seen), encoder.tokens(other, seen))
        assert not torch.equal(encoder.tokens(x), encoder.tokens(other))
        everything = torch.arange(16).expand(2, -1)
        torch.testing.assert_close(encoder.tokens(x, everything).mean(1), encoder(x))


def test_places_are_sines_and_cosines_of_row_and_column():
    found = places((2, 3), 8)
    assert found.shape == (6, 8)
    row, column = 1, 2
    angles = [row, row / 100, column, column / 100]
    expected = [*map(math.sin, angles), *map(math.cos, angles)]
    assert found[5].tolist() == pytest.approx(expected)


def test_other_data_and_sizes_are_refused():
    with pytest.raises(UsageError, match="needs images, got tabular data"):
        ViT(DataSpec("tabular", (5,), 100, "none"))
    for sizes in ({"width": 40}, {"width": 0}, {"depth": 0}):
        with pytest.raises(UsageError, match=r"must be a whole number of at least (32 that is a mult.*|1), got"):
            ViT(spec(1, 8, 8), **sizes)
