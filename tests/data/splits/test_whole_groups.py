"""Whole groups: shares as near as they can be, beside scikit-learn and beside every way there is."""

from itertools import product

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from embedbench.data.splits.whole_groups import deal_groups


def visits(seed, n_groups=60, classes=3):
    """Groups of 1 to 30 rows, each mostly of one class."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), rng.integers(1, 31, n_groups))
    own = rng.choice(classes, n_groups, p=[0.6, 0.3, 0.1])[groups]
    return groups, np.where(rng.random(len(groups)) < 0.8, own, rng.integers(0, classes, len(groups)))


def deviation(part, classes, shares):
    """Largest deviation of a class's share in a part, and of all rows'."""
    found = [[(part[classes == c] == p).mean() for p in range(len(shares))] for c in np.unique(classes)]
    rows = [(part == p).mean() for p in range(len(shares))]
    return np.abs(np.array(found) - shares).max(), np.abs(np.array(rows) - shares).max()


@pytest.mark.parametrize("seed", range(5))
def test_folds_are_as_even_as_those_of_scikit_learn(seed):
    groups, classes = visits(seed)
    shares = np.full(5, 0.2)
    part = deal_groups(groups, classes, shares, np.random.default_rng(seed))
    peer = np.empty(len(groups), int)
    for fold, (_, test) in enumerate(
        StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(groups, classes, groups)
    ):
        peer[test] = fold
    ours, theirs = deviation(part, classes, shares), deviation(peer, classes, shares)
    assert ours[1] <= max(theirs[1], 0.01)
    assert ours[0] <= theirs[0] + 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_fifth_is_cut_within_two_hundredths_whatever_the_sizes(seed):
    groups, classes = visits(seed)
    part = deal_groups(groups, classes, [0.8, 0.2], np.random.default_rng(seed))
    by_class, of_rows = deviation(part, classes, np.array([0.8, 0.2]))
    assert of_rows < 0.02
    assert by_class < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_of_few_groups_the_share_is_near_the_best_there_is(seed):
    groups, _ = visits(seed, n_groups=9)
    sizes = np.bincount(groups)
    ways = (abs(sizes[np.array(way, bool)].sum() / len(groups) - 0.2) for way in product([0, 1], repeat=9) if any(way))
    part = deal_groups(groups, None, [0.8, 0.2], np.random.default_rng(seed))
    assert abs((part == 1).mean() - 0.2) <= min(ways) + sizes.min() / len(groups) + 0.08


def test_large_groups_are_tested_too():
    groups = np.repeat(np.arange(20), [50] * 10 + [5] * 10)
    parts = [deal_groups(groups, None, [0.8, 0.2], np.random.default_rng(seed)) for seed in range(10)]
    tested = {group for part in parts for group in groups[part == 1]}
    assert tested & {*range(10)}
    assert tested & {*range(10, 20)}


def test_a_class_of_one_group_stays_in_the_larger_part():
    groups = np.arange(100) // 5
    classes = np.where(groups == 7, 1, 0)
    for seed in range(10):
        assert (deal_groups(groups, classes, [0.8, 0.2], np.random.default_rng(seed))[groups == 7] == 0).all()


def test_no_part_is_empty():
    groups = np.repeat([0, 1, 2], [90, 5, 5])
    for seed in range(5):
        assert {*deal_groups(groups, None, [0.9, 0.1], np.random.default_rng(seed))} == {0, 1}
        assert {*deal_groups(groups, None, [1 / 3] * 3, np.random.default_rng(seed))} == {0, 1, 2}
