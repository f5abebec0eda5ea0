"""Pictures show the values they are given, in their place."""

import numpy as np
import pytest
from painted import pixels

from embedbench.figures.mosaic import Tile, _joined, mosaic


def test_tiles_stand_in_their_lines_and_columns():
    tiles = np.arange(6, dtype=np.float32).reshape(2, 3, 1, 1, 1) * np.ones((2, 3, 4, 5, 1), np.float32)
    whole = _joined(tiles, gap=1)
    assert whole.shape == (9, 17, 1)
    assert whole[5:, 6:11].min() == whole[5:, 6:11].max() == 4
    assert np.isnan(whole[4]).all()
    assert np.isnan(whole[:, 5]).all()


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7), (13,)])
@pytest.mark.parametrize("lines", [1, 3])
def test_any_kind_of_row_is_drawn_the_same_twice(shape, lines):
    pictures = np.random.default_rng(0).normal(size=(lines, 4, *shape)).astype(np.float32)
    look = Tile(shape, 0, 1) if len(shape) == 3 else Tile(shape, -3, 3, signed=True)
    names = [f"z{i}" for i in range(lines)]
    content = mosaic(pictures, look, "title", names, list("abcd"))
    assert min(pixels(content).shape[:2]) > 200
    assert mosaic(pictures, look, "title", names, list("abcd")) == content
    assert mosaic(-pictures, look, "title", names, list("abcd")) != content


def test_what_is_bright_is_drawn_bright():
    dark, bright = (
        pixels(mosaic(np.full((1, 1, 1, 8, 8), v, np.float32), Tile((1, 8, 8), 0, 1), "", [""])) for v in (0.0, 1.0)
    )
    middle = dark.shape[0] // 2, dark.shape[1] // 2
    assert dark[middle].tolist() == [0, 0, 0]
    assert bright[middle].tolist() == [255, 255, 255]
