"""Patches: which pixels are where, and back again."""

import pytest
import torch

from embedbench.functional.patches import normalise_patches, patchify, unpatchify


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 12, 8), (3, 4, 20)])
def test_patches_are_squares_row_by_row(shape):
    x = torch.randn(2, *shape)
    patches = patchify(x, 4)
    across = shape[2] // 4
    for number in range(patches.shape[1]):
        top, left = 4 * (number // across), 4 * (number % across)
        assert torch.equal(patches[:, number], x[:, :, top : top + 4, left : left + 4].flatten(1))
    assert torch.equal(unpatchify(patches, shape, 4), x)


def test_each_patch_has_mean_0_and_nearly_variance_1():
    patches = normalise_patches(0.3 + 2 * torch.randn(5, 7, 16), 1e-6)
    torch.testing.assert_close(patches.mean(2), torch.zeros(5, 7), atol=1e-6, rtol=0)
    torch.testing.assert_close(patches.var(2, correction=0), torch.ones(5, 7), atol=1e-4, rtol=0)


def test_a_patch_flatter_than_the_floor_stays_flat():
    patch = torch.tensor([0.5, 0.5, 0.6, 0.6])  # variance 0.0025
    torch.testing.assert_close(normalise_patches(patch, 0.0075), (patch - 0.55) / 0.1)
    assert normalise_patches(torch.full((4,), 0.7), 0.01).tolist() == [0, 0, 0, 0]
