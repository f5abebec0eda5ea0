"""Generated pictures: repeatable, inside the frame, each combination of factors another picture."""

import itertools

import numpy as np
import pytest
import torch

from embedbench.data.images.shapes import CLASSES, FACTORS, Shapes, draw_shapes
from embedbench.errors import UsageError
from embedbench.types import SPLITS


@pytest.fixture(scope="module")
def shapes():
    return Shapes(rows=600)


def test_factors_belong_to_their_pictures(shapes):
    for split in SPLITS:
        x, label = shapes.tensors(split)
        factors = shapes.factors(split)
        assert factors.shape == (len(x), 5)
        assert torch.equal(label, factors[:, 0])
        assert torch.equal(x, torch.from_numpy(draw_shapes(factors.numpy(), 32)).float() / 255)
    assert shapes.spec.classes == CLASSES
    assert (shapes.spec.low, shapes.spec.high) == (0, 1)


def test_subsets_keep_the_factors_of_their_rows():
    part = Shapes(rows=600, train_rows=100, test_rows=30)
    for split in SPLITS:
        assert torch.equal(part.tensors(split)[1], part.factors(split)[:, 0])


def test_fewer_rows_are_the_first_of_more():
    few, many = (Shapes(rows=rows).load() for rows in (150, 1500))
    assert np.array_equal(few.x, many.x[:150])
    assert np.array_equal(few.factors, many.factors[:150])


def test_factors_are_uniform_and_independent():
    factors = Shapes(rows=20_000, side=16).load().factors
    for column, count in zip(factors.T, FACTORS.values(), strict=True):
        seen = np.bincount(column, minlength=count)
        assert len(seen) == count
        assert np.abs(seen / 20_000 - 1 / count).max() < 0.01
    assert np.abs(np.corrcoef(factors.T) - np.eye(5)).max() < 0.03


@pytest.mark.parametrize("side", [16, 32, 64])
def test_no_two_combinations_look_alike(side):
    combos = np.array(list(itertools.product(range(3), range(6), range(9), [7], [8])))
    flat = draw_shapes(combos, side).reshape(len(combos), -1).astype(np.float32) / 255
    apart = torch.cdist(torch.from_numpy(flat), torch.from_numpy(flat)).fill_diagonal_(torch.inf)
    assert float(apart.min()) > side / 100  # of pixels that are black or white


def test_shapes_stay_inside_and_move_with_their_position():
    corners = np.array(list(itertools.product(range(3), [5], range(9), [0, 15], [0, 15])))
    pictures = draw_shapes(corners, 32)[:, 0] / 255
    for edge in (pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]):
        assert edge.max() < 0.1
    mass = pictures.sum((1, 2))
    centre = np.stack([(pictures.sum(1) @ np.arange(32)) / mass, (pictures.sum(2) @ np.arange(32)) / mass], 1)
    wanted = 32 * (0.25 + 0.5 * corners[:, 3:] / 15) - 0.5
    assert np.abs(centre - wanted)[corners[:, 0] < 2].max() < 0.05  # a heart's centre of mass is not its middle
    assert np.abs(centre - wanted).max() < 1.5


def test_area_grows_with_the_scale():
    """A square of radius r has area 2r², an ellipse of half the height πr²/2, in widths of the picture."""
    sizes = draw_shapes(np.array([[shape, scale, 4, 8, 8] for shape in range(3) for scale in range(6)]), 64)
    area = (sizes / 255.0).mean((1, 2, 3)).reshape(3, 6)
    radius = 0.11 + 0.11 * np.arange(6) / 5
    assert area[0] == pytest.approx(2 * radius**2, rel=0.02)
    assert area[1] == pytest.approx(np.pi / 2 * radius**2, rel=0.02)
    assert (np.diff(area[2]) > 0).all()


@pytest.mark.parametrize("wrong", [{"rows": 99}, {"side": 15}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(UsageError, match=r"must be a whole number of at least (100, got 99|16, got 15)"):
        Shapes(**wrong)
