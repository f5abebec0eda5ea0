"""Views against what one can see by hand."""

import pytest
import torch

from embedbench.functional.augment import corrupt, crop, cutout, flip, random_affine


@pytest.fixture
def images():
    torch.manual_seed(0)
    return torch.rand(3, 2, 8, 6)


def test_crop_of_the_whole_is_the_image(images):
    torch.testing.assert_close(crop(images, torch.rand(3, 3), 1.0), images)


def test_crop_of_a_quarter_shows_one_corner_at_twice_the_size():
    x = torch.zeros(2, 1, 8, 8)
    x[:, :, :4, 4:] = torch.arange(2.0, 18).view(4, 4)
    left = crop(x, torch.tensor([[0, 0, 0], [0, 1 - 1e-7, 0]]), 0.25)  # a quarter; noise: area, across, down
    assert (left[0] == 0).sum() > 40  # the left upper quarter is empty, but for what blends in from beside it
    wanted = torch.nn.functional.interpolate(x[:, :, :4, 4:], scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(left[1, :, :7, 1:], wanted[1, :, :7, 1:], atol=1e-3, rtol=0)


def test_crop_keeps_a_place_inside_the_image():
    ramp = torch.linspace(0, 1, 20).expand(500, 1, 20, 20)
    seen = crop(ramp, torch.rand(500, 3), 0.3)
    assert seen.min() >= 0
    assert seen.max() <= 1
    width = (seen[:, 0, 0, -1] - seen[:, 0, 0, 0]) / (ramp[:, 0, 0, -1] - ramp[:, 0, 0, 0])
    assert width.min() == pytest.approx(0.3**0.5, abs=0.03)
    assert width.max() == pytest.approx(1, abs=0.03)
    assert seen[:, 0, 0].mean() == pytest.approx(0.5, abs=0.02)


def test_flip_mirrors_those_below_one_half(images):
    found = flip(images, torch.tensor([0.2, 0.7, 0.49]))
    assert torch.equal(found[[0, 2]], images[[0, 2]].flip(3))
    assert torch.equal(found[1], images[1])


def test_cutout_is_a_square_around_a_pixel():
    x = torch.ones(2, 3, 9, 12)
    found = cutout(x, torch.tensor([[0.5, 0.54], [0.0, 0.999]]), 1 / 3)
    assert (found[0] == 0).sum() == 3 * 3 * 3  # rows and columns whose middles are nearer than 1.5
    assert (found[0, :, 3:6, 5:8] == 0).all()
    assert (found[1, :, :1, 11:] == 0).all()
    assert (found[1] == 0).sum() < 3 * 3 * 3
    assert torch.equal(cutout(x, torch.rand(2, 2), 0.0), x)


def test_corrupt_replaces_whole_columns_with_the_least_noise():
    x, others = torch.zeros(2, 5), torch.arange(1.0, 11).view(2, 5)
    noise = torch.tensor([[0.1, 0.9, 0.2, 0.8], [0.9, 0.1, 0.8, 0.7]])
    found = corrupt(x, noise, 0.5, others, torch.tensor([1, 1, 2, 1]))
    assert found.tolist() == [[1, 0, 3, 4, 0], [0, 7, 0, 0, 10]]


def test_random_affine_without_an_extent_leaves_images(images):
    torch.testing.assert_close(random_affine(images, torch.rand(3, 3), 0.0, 0.0), images)


def test_random_affine_shifts_by_a_share_of_the_sides_and_fills_with_zeros(images):
    noise = torch.tensor([[0.5, 1, 0.5], [0.5, 0.5, 0], [0.5, 0.5, 0.5]])
    found = random_affine(images, noise, 0.5, 0.0)
    torch.testing.assert_close(found[0, ..., :3], images[0, ..., 3:])  # all the way across: 3 of 6 columns
    torch.testing.assert_close(found[1, :, 4:], images[1, :, :4])  # all the way up: 4 of 8 rows
    torch.testing.assert_close(found[2], images[2])
    assert found[0, ..., 3:].abs().max() < 1e-6
    assert found[1, :, :4].abs().max() < 1e-6


@pytest.mark.parametrize(("noise", "turns"), [(0.0, 1), (1.0, -1)])
def test_random_affine_turns_around_the_middle(noise, turns):
    x = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    found = random_affine(x, torch.tensor([[noise, 0.5, 0.5]]), 0.0, 90.0)
    torch.testing.assert_close(found, x.rot90(-turns, (2, 3)), atol=1e-5, rtol=1e-5)


def test_random_affine_turns_without_shear_where_the_sides_differ():
    x = torch.zeros(1, 1, 9, 21)
    x[..., 4, 7:14] = 1  # a bar of seven pixels in the middle, lying
    found = random_affine(x, torch.tensor([[1.0, 0.5, 0.5]]), 0.0, 90.0)
    torch.testing.assert_close(found[0, 0, :, 10], torch.tensor([0.0] + [1.0] * 7 + [0.0]), atol=1e-5, rtol=0)
