"""What holds of every split, whatever the rows and the seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.data.splits.split_rows import How, split_rows
from embedbench.errors import UsageError
from embedbench.types import SPLITS

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=60, deadline=None, derandomize=True)


def rows_of(draw, least):
    n = draw(st.integers(least, 120))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return n, rng


@st.composite
def grouped(draw):
    n, rng = rows_of(draw, 12)
    groups = rng.integers(0, draw(st.integers(3, 40)), n)
    groups[:6] = np.repeat([0, 1, 2], 2)  # three groups at least
    classes = draw(st.sampled_from([None, rng.integers(0, 3, n)]))
    return groups, classes


@st.composite
def timed(draw):
    n, rng = rows_of(draw, 12)
    times = rng.integers(0, draw(st.integers(3, 60)), n)
    times[:3] = [0, 1, 2]
    return draw(st.sampled_from([times.astype(float), times.astype("datetime64[D]")]))


def whole(n):
    return np.full(n, "train")


def is_partition(rows, n):
    return np.array_equal(np.sort(np.concatenate([*rows.values()])), np.arange(n))


@FEW
@given(grouped(), SEEDS)
def test_groups_never_cross_splits(found, seed):
    groups, classes = found
    rows = split_rows(whole(len(groups)), classes, seed, how=How(groups=groups))
    assert is_partition(rows, len(groups))
    parts = [set(groups[rows[split]]) for split in SPLITS]
    assert all(parts)
    assert sum(map(len, parts)) == len(set(groups))


@FEW
@given(timed(), SEEDS)
def test_time_never_runs_backwards_and_equal_times_stay_together(times, seed):
    rows = split_rows(whole(len(times)), None, seed, how=How(times=times))
    assert is_partition(rows, len(times))
    assert times[rows["train"]].max() < times[rows["val"]].min()
    assert times[rows["val"]].max() < times[rows["test"]].min()


@FEW
@given(timed(), SEEDS, st.data())
def test_fewer_rows_keep_the_order_of_time(times, seed, data):
    plain = split_rows(whole(len(times)), None, seed, how=How(times=times))
    n_test = data.draw(st.integers(1, len(plain["test"])))
    rows = split_rows(whole(len(times)), None, seed, test_rows=n_test, how=How(times=times))
    assert len(rows["test"]) == n_test
    assert np.array_equal(rows["train"], plain["train"])
    assert times[rows["val"]].max() < times[rows["test"]].min()


@FEW
@given(st.integers(4, 12), SEEDS, st.sampled_from([None, 2]))
def test_disjoint_classes_are_disjoint(n_classes, seed, folds):
    classes = np.random.default_rng(n_classes).permutation(np.arange(n_classes * 9) % n_classes)
    rows = split_rows(whole(len(classes)), classes, seed, how=How(folds=folds, disjoint_classes=True))
    assert is_partition(rows, len(classes))
    seen, tested = ({*classes[rows[split]]} for split in ("train", "test"))
    assert not seen & tested
    assert {*classes[rows["val"]]} <= seen
    assert len(tested) >= 2
    assert len(seen) - len(tested) in (0, 1, -1)


@FEW
@given(grouped(), SEEDS, st.booleans(), st.integers(2, 5))
def test_folds_partition_the_rows(found, seed, by_group, folds):
    groups, classes = found
    groups = np.concatenate([groups, groups.max() + 1 + np.arange(20)])  # as many as are needed
    classes = None if classes is None else np.concatenate([classes, np.arange(20) % 3])
    tested = []
    for fold in range(1, folds + 1):
        rows = split_rows(whole(len(groups)), classes, seed, how=How(groups if by_group else None, None, folds, fold))
        assert is_partition(rows, len(groups))
        tested.append(rows["test"])
        if by_group:
            assert not {*groups[rows["test"]]} & {*groups[rows["train"]], *groups[rows["val"]]}
    assert np.array_equal(np.sort(np.concatenate(tested)), np.arange(len(groups)))
    if not by_group:
        sizes = [len(part) for part in tested]
        assert max(sizes) - min(sizes) <= 1
        for number in range(3) if classes is not None else ():
            counts = [(classes[part] == number).sum() for part in tested]
            assert max(counts) - min(counts) <= 1


def test_one_seed_gives_one_split_and_another_another():
    groups = np.arange(200) // 5
    one, same, other = (split_rows(whole(200), None, seed, how=How(groups=groups)) for seed in (0, 0, 1))
    assert np.array_equal(one["test"], same["test"])
    assert not np.array_equal(one["test"], other["test"])


def test_official_parts_stay_and_validation_is_of_whole_groups():
    official = np.repeat(["train", "test"], [80, 20])
    groups = np.arange(100) // 4
    rows = split_rows(official, None, 0, how=How(groups=groups))
    assert np.array_equal(rows["test"], np.arange(80, 100))
    assert len(rows["val"]) == 8
    assert not {*groups[rows["val"]]} & {*groups[rows["train"]]}


def test_of_an_official_test_split_the_classes_that_are_tested_are_kept():
    official, classes = np.tile(["train", "train", "train", "test"], 30), np.arange(120) // 4 % 6
    rows = split_rows(official, classes, 0, how=How(disjoint_classes=True))
    assert {*official[rows["test"]]} == {"test"}
    tested = {*classes[rows["test"]]}
    assert len(tested) == 3
    assert not tested & {*classes[rows["train"]], *classes[rows["val"]]}
    assert len(np.concatenate([*rows.values()])) == 45 + 15


@pytest.mark.parametrize(
    ("how", "n", "message"),
    [
        (How(np.zeros(30, int)), 30, "`split_by` leaves 1 group to cut test rows from train"),
        (How(np.arange(30) % 2), 30, "`split_by` leaves 1 group to cut val rows from train"),
        (How(times=np.zeros(30)), 30, "all its 30 rows have one time of `split_after`"),
        (How(np.arange(30), np.arange(30)), 30, "`split_by` and `split_after` divide the rows in different ways"),
        (How(times=np.arange(30), folds=3), 30, "one order of rows, which `folds` would break"),
        (How(np.arange(30) % 4, folds=5), 30, "`folds` must be at most the 4 groups there are"),
        (How(folds=40), 30, "`folds` must be at most the 30 rows there are"),
        (How(disjoint_classes=True), 30, "`disjoint_classes` needs a label that is classes"),
    ],
)
def test_what_can_t_be_divided_is_refused(how, n, message):
    with pytest.raises(UsageError, match=message):
        split_rows(whole(n), None, 0, how=how)


def test_three_classes_can_t_be_disjoint():
    with pytest.raises(UsageError, match="needs at least 4 classes, 2 of them in each of 2 parts, got 3"):
        split_rows(whole(30), np.arange(30) % 3, 0, how=How(disjoint_classes=True))


def test_given_splits_that_part_groups_run_backwards_or_are_tested_already_are_refused():
    official = np.repeat(["train", "test"], 15)
    with pytest.raises(UsageError, match="5 groups of `split_by` have rows in several of the given splits"):
        split_rows(official, None, 0, how=How(np.arange(30) % 5))
    with pytest.raises(UsageError, match="a train row is as late as the first test row"):
        split_rows(official, None, 0, how=How(times=np.arange(30) % 15))
    with pytest.raises(UsageError, match="the data have a test split of 15 rows"):
        split_rows(official, None, 0, how=How(folds=3))
