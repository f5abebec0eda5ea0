"""Heat maps and bars lie where the counts are, as large as these."""

import numpy as np
import pytest
from painted import painted, pixels

from embedbench.figures.density import joint_view, posterior_view
from embedbench.figures.histogram import Joint, joint

HOTTEST, BARS, PRIOR = "#fde725", "#4477aa", "#bbbbbb"  # the first is the end of viridis
EDGES = np.linspace(0, 4, 5)


def view(*full):
    """The picture of 4 × 4 bins of which some hold all rows."""
    counts = np.zeros((4, 4), np.int64)
    for bin_ in full:
        counts[bin_] = 60
    return pixels(joint_view(Joint(counts, EDGES, EDGES), ("z0", "z1"), full[0][0] + 0.5))


def hot(picture):
    """Where the upper half of a picture is hottest, in the first of its three panels."""
    height, width, _ = picture.shape
    return painted(picture, HOTTEST)[: height // 2, : int(0.27 * width)]


def centre(mask):
    return np.argwhere(mask).mean(0)  # (down, right)


def test_the_joint_is_hot_where_the_rows_are():
    low, right, up = (centre(hot(view(bin_))) for bin_ in ((0, 0), (3, 0), (0, 3)))
    assert right[1] > low[1] + 100
    assert right[0] == pytest.approx(low[0], abs=5)
    assert up[0] < low[0] - 100
    assert up[1] == pytest.approx(low[1], abs=5)


def test_hot_areas_are_as_large_as_the_bins():
    one, two = hot(view((0, 0))).sum(), hot(view((0, 0), (2, 2))).sum()
    assert two / one == pytest.approx(2, rel=0.1)


def test_marginals_and_the_conditional_are_bars_of_their_shares():
    """Of rows in one bin alone each of the three has one bar, at its place; of two bins the conditional has half."""
    picture = view((0, 3))
    height, width, _ = picture.shape
    bars = painted(picture, BARS)
    assert not bars[: height // 2].any()
    panels = np.array_split(bars[height // 2 :], 3, axis=1)
    first, second, given = (centre(panel)[1] for panel in panels)
    assert first < 0.5 * width / 3 < second
    assert given == pytest.approx(second, abs=15)
    sizes = [panel.sum() for panel in panels]
    assert max(sizes) / min(sizes) == pytest.approx(1, rel=0.1)


def test_both_distributions_are_drawn_each_in_its_place():
    chance = np.random.default_rng(0)
    left, right = (chance.uniform(low, low + 1, (400, 1)).astype(np.float32) for low in (0, 5))
    faint = [_faint(colour) for colour in (BARS, PRIOR)]
    for aggregate, prior, order in ((left, right, 1), (right, left, -1)):
        picture = pixels(posterior_view(aggregate, prior, ["z0"]))
        places = [centre(painted(picture, colour)[:, : -picture.shape[1] // 4])[1] for colour in faint]
        assert np.sign(places[1] - places[0]) == order


def _faint(colour):
    """A colour at an opacity of .6 over white."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(0.6 * part + 0.4 * 255):02x}" for part in parts)


@pytest.mark.parametrize("count", [1, 4])
def test_each_coordinate_has_a_panel(count):
    draws = np.random.default_rng(0).normal(size=(200, count)).astype(np.float32)
    both = pixels(posterior_view(draws, draws[::-1], [f"z{i}" for i in range(count)]))
    assert min(both.shape[:2]) > 300
    drawn = ~painted(both, "#ffffff")
    assert drawn.mean() > 0.1


def test_drawn_from_rows_it_is_not_blank():
    draws = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    picture = pixels(joint_view(joint(draws[:, 0], draws[:, 1], 8), ("z0", "x3"), float(draws[0, 0])))
    assert painted(picture, BARS).any()
    assert painted(picture, HOTTEST).any()
