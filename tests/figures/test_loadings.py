"""Loadings are drawn by their size and sign."""

import numpy as np
import pytest
from painted import painted, pixels

from embedbench.figures.loadings import loadings_view

DOWN, UP = "#4477aa", "#cc6677"


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 4, 4)])
@pytest.mark.parametrize("dim", [1, 9])
def test_images_change_colour_with_the_sign(shape, dim):
    """Left of each tile above 0, right below it: turning the sign swaps the colours, and none is that of 0."""
    loadings = np.ones((dim, *shape), np.float32)
    loadings[..., 2:] = -1
    names = [f"z{i}" for i in range(dim)]
    one, other, nothing = (
        pixels(loadings_view(each.reshape(dim, -1), shape, names)) for each in (loadings, -loadings, 0 * loadings)
    )
    changed = (one != other).any(axis=2)
    assert changed.mean() > 0.1
    assert ((one != nothing).any(axis=2) & changed).sum() > 0.9 * changed.sum()
    colours = {tuple(colour) for colour in one[changed]}
    assert colours == {tuple(colour) for colour in other[changed]}
    assert len(colours) >= 2


def test_bars_are_as_high_as_loadings():
    heights = np.array([[1.0, 0.5, -0.5, 0.25, 0.0, -1.0]], np.float32)
    picture = pixels(loadings_view(heights, (6,), ["z0"]))
    up, down = painted(picture, UP).sum(), painted(picture, DOWN).sum()
    assert up / down == pytest.approx(1.75 / 1.5, rel=0.05)
    turned = pixels(loadings_view(-heights, (6,), ["z0"]))
    assert painted(turned, UP).sum() == pytest.approx(down, rel=0.05)


@pytest.mark.parametrize("dim", [1, 9])
def test_each_vector_of_a_table_has_its_bars(dim):
    loadings = np.ones((dim, 6), np.float32)
    picture = pixels(loadings_view(loadings, (6,), [f"z{i}" for i in range(dim)]))
    assert min(picture.shape[:2]) > 200
    columns = painted(picture, UP).any(axis=0)
    starts = (np.diff(columns.astype(int)) == 1).sum()
    assert starts == 6 * min(dim, 4)
